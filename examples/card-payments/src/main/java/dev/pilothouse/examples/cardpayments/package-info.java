/**
 * A user's own project: it makes card payments, trains a classifier of fraud on them, logs it with the stock MLflow
 * client and sends live traffic. Nothing here depends on Pilothouse's code; everything goes over public protocols.
 *
 * <p>{@link dev.pilothouse.examples.cardpayments.Payments} generates the data, {@link
 * dev.pilothouse.examples.cardpayments.Trainer} trains any table of columns and exports one ONNX graph that takes the
 * raw columns, {@link dev.pilothouse.examples.cardpayments.Traffic} is the client of the served model, and {@link
 * dev.pilothouse.examples.cardpayments.Demo} plays the whole story.
 *
 * <p>Invariants: every random choice comes from a seed; the data are synthetic; the exported graph answers as the Java
 * model does, which the trainer checks before it logs anything.
 */
@NullMarked
package dev.pilothouse.examples.cardpayments;

import org.jspecify.annotations.NullMarked;
