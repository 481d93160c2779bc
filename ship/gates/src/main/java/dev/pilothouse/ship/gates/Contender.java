package dev.pilothouse.ship.gates;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.run.serving.ModelSource;

/**
 * A version that a gate judges or compares with.
 *
 * @param label what people call it, such as {@code fraud/3}
 * @param digest digest of its content
 * @param source where its model is
 */
public record Contender(String label, Digest digest, ModelSource source) {}
