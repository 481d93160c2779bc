package dev.pilothouse.run.serving;

import dev.pilothouse.run.onnx.OnnxConfig;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Settings of the model server.
 *
 * @param onnx models in process
 * @param deadline time after which an unanswered request is given up with 504
 * @param maxBody largest inference request in bytes after decompression
 * @param shadowConcurrency copies in flight per shadow; further ones are dropped
 * @param sampleQueue samples that wait for the log; further ones are dropped
 * @param rememberedAnswers answers per endpoint that feedback can still reach
 */
public record ServingConfig(
        OnnxConfig onnx,
        Duration deadline,
        long maxBody,
        int shadowConcurrency,
        int sampleQueue,
        int rememberedAnswers) {
    public ServingConfig {
        if (shadowConcurrency < 1 || sampleQueue < 1 || rememberedAnswers < 1) {
            throw new IllegalArgumentException("Every count of the serving settings must be at least 1");
        }
    }

    /** Settings that fit a small machine. */
    public static ServingConfig of(Path scratch) {
        return of(OnnxConfig.of(scratch));
    }

    /** Usual settings around those of ONNX models. */
    public static ServingConfig of(OnnxConfig onnx) {
        return new ServingConfig(onnx, Duration.ofSeconds(30), 256L << 20, 8, 4_096, 200_000);
    }

    /** The same with another number of answers that feedback can still reach. */
    public ServingConfig remembering(int answers) {
        return new ServingConfig(onnx, deadline, maxBody, shadowConcurrency, sampleQueue, answers);
    }
}
