package dev.pilothouse.run.onnx;

import java.nio.file.Path;

/**
 * Settings of ONNX models in process.
 *
 * @param scratch folder for unpacked models and load markers, emptied on start; its sibling {@code onnxruntime} keeps ONNX
 *     Runtime's native libraries
 * @param instances threads per loaded model, each taking what waits
 * @param intraOpThreads threads that ONNX Runtime may use within one run
 * @param maxBatch rows that one run concatenates at most
 * @param queueLimit requests that wait for one model before 503
 */
public record OnnxConfig(Path scratch, int instances, int intraOpThreads, int maxBatch, int queueLimit) {
    public OnnxConfig {
        if (instances < 1 || intraOpThreads < 1 || maxBatch < 1 || queueLimit < 1) {
            throw new IllegalArgumentException("Every count of the ONNX settings must be at least 1");
        }
    }

    /** Settings that fit a small machine. */
    public static OnnxConfig of(Path scratch) {
        return new OnnxConfig(scratch, 1, 1, 256, 2_048);
    }

    /** These settings with other instances and another queue. */
    public OnnxConfig with(int otherInstances, int otherQueueLimit) {
        return new OnnxConfig(scratch, otherInstances, intraOpThreads, maxBatch, otherQueueLimit);
    }
}
