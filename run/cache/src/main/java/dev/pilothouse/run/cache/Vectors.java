package dev.pilothouse.run.cache;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Embeddings as unit vectors, so that the cosine of two is their inner product. Stateless. */
public final class Vectors {
    private static final int MOST_DIMENSIONS = 16_384;

    private Vectors() {}

    /**
     * Reads the answer of an OpenAI-compatible server to a request of embeddings, as numbers or in base64 of little-endian floats.
     *
     * @param texts how many were asked for
     * @return a vector of length 1 for each text, in their order; empty where the answer has other vectors, or vectors of nothing
     */
    public static Optional<List<float[]>> read(byte[] answer, int texts) {
        var vectors = new ArrayList<float[]>();
        try {
            for (JsonNode each : Json.parse(answer).path("data")) {
                vectors.add(unit(numbers(each.path("embedding"))));
            }
        } catch (PilothouseException | IllegalArgumentException _) {
            return Optional.empty();
        }
        boolean whole = vectors.size() == texts && vectors.stream().allMatch(vector -> vector.length > 0);
        return whole ? Optional.of(vectors) : Optional.empty();
    }

    private static float[] numbers(JsonNode embedding) {
        if (embedding.isString()) {
            var floats = ByteBuffer.wrap(Base64.getDecoder().decode(embedding.asString()))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer();
            float[] numbers = new float[Math.min(floats.remaining(), MOST_DIMENSIONS)];
            floats.get(numbers);
            return numbers;
        }
        float[] numbers = new float[Math.min(embedding.size(), MOST_DIMENSIONS)];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) embedding.get(i).asDouble(Double.NaN);
        }
        return numbers;
    }

    /** Of length 1; empty where it has no direction. */
    private static float[] unit(float[] vector) {
        double squares = 0;
        for (float each : vector) {
            squares += (double) each * each;
        }
        double length = Math.sqrt(squares);
        if (!(length > 0) || Double.isInfinite(length)) {
            return new float[0];
        }
        float[] unit = new float[vector.length];
        for (int i = 0; i < unit.length; i++) {
            unit[i] = (float) (vector[i] / length);
        }
        return unit;
    }

    /** The cosine of two unit vectors, from -1 to 1 but for rounding; -1 where they are of different spaces. */
    public static double cosine(float[] a, float[] b) {
        if (a.length != b.length) {
            return -1;
        }
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }
}
