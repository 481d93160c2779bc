/**
 * Finds secrets and personal data in text, replaces them so that they can be put back, and tells how much a text looks like
 * an attempt to override a model's instructions. For all capabilities.
 *
 * <p>{@link dev.pilothouse.trust.privacy.Detector} is the front door; {@link dev.pilothouse.trust.privacy.Redactor} replaces what
 * it found, {@link dev.pilothouse.trust.privacy.InjectionDetector} judges instructions.
 *
 * <p>Invariants: no I/O; positions are UTF-16 indices of the text given; the time is linear in the text's length whatever it holds
 * (each position starts at most a fixed number of looks, each of at most {@link dev.pilothouse.trust.privacy.Detector#LONGEST}
 * characters, and a long run of characters is looked at once); where a kind has check digits they are checked; no found value is
 * in any {@code toString}.
 */
@NullMarked
package dev.pilothouse.trust.privacy;

import org.jspecify.annotations.NullMarked;
