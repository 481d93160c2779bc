/**
 * The Open Inference Protocol v2 as values: tensors, requests and answers, and their forms as JSON, as raw bytes of the
 * binary tensor extension and as gRPC messages.
 *
 * <p>{@link dev.pilothouse.run.openinference.InferReader} and {@link dev.pilothouse.run.openinference.GrpcTensors} read,
 * {@link dev.pilothouse.run.openinference.InferWriter} and {@code GrpcTensors} write; a model that answers is a {@link
 * dev.pilothouse.run.openinference.ServedModel}.
 *
 * <p>Invariants: elements go straight between the body and their buffer, no tree is built; a tensor's count is what its
 * shape says, checked before memory is taken for it; what a client sent wrong is refused as INVALID with the tensor's name;
 * nothing here does I/O or starts a thread.
 */
@NullMarked
package dev.pilothouse.run.openinference;

import org.jspecify.annotations.NullMarked;
