package dev.pilothouse.run.serving;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Settings of the model server.
 *
 * @param scratch folder for unpacked models and load markers, emptied on start; its sibling {@code onnxruntime} keeps ONNX
 *     Runtime's native libraries
 * @param instances threads per loaded ONNX model, each taking what waits
 * @param intraOpThreads threads that ONNX Runtime may use within one run
 * @param maxBatch rows that one run concatenates at most
 * @param queueLimit requests that wait for one model before 503
 * @param deadline time after which an unanswered request is given up with 504
 * @param maxBody largest inference request in bytes after decompression
 * @param shadowConcurrency copies in flight per shadow; further ones are dropped
 * @param sampleQueue samples that wait for the log; further ones are dropped
 * @param rememberedAnswers answers per endpoint that feedback can still reach
 */
public record ServingConfig(
        Path scratch,
        int instances,
        int intraOpThreads,
        int maxBatch,
        int queueLimit,
        Duration deadline,
        long maxBody,
        int shadowConcurrency,
        int sampleQueue,
        int rememberedAnswers) {
    public ServingConfig {
        if (instances < 1
                || intraOpThreads < 1
                || maxBatch < 1
                || queueLimit < 1
                || shadowConcurrency < 1
                || sampleQueue < 1
                || rememberedAnswers < 1) {
            throw new IllegalArgumentException("Every count of the serving settings must be at least 1");
        }
    }

    /** Settings that fit a small machine. */
    public static ServingConfig of(Path scratch) {
        return new ServingConfig(scratch, 1, 1, 256, 2_048, Duration.ofSeconds(30), 256L << 20, 8, 4_096, 200_000);
    }
}
