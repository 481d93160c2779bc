/**
 * ONNX models in this process, by ONNX Runtime.
 *
 * <p>{@link dev.pilothouse.run.onnx.OnnxLoader} is the front door: it brings a graph and its external weights from the blob
 * store into the runtime, warms it and answers it as a {@link dev.pilothouse.run.openinference.ServedModel}.
 *
 * <p>Invariants: each instance has one platform thread that takes whatever waits as one batch, for native code would pin a
 * virtual thread's carrier; requests share a run only where the warm-up showed that rows are independent; a request that
 * fails in a batch fails alone; a file that cannot be loaded is refused with its reason and leaves nothing behind; a model
 * that crashed the process while it loaded is named in the log of the next start.
 */
@NullMarked
package dev.pilothouse.run.onnx;

import org.jspecify.annotations.NullMarked;
