package dev.pilothouse.run.openinference;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model answered.
 *
 * @param outputs all outputs, in the model's order
 * @param remote the answer as another server sent it; null where the model runs here
 */
public record InferResult(List<Tensor> outputs, @Nullable RemoteAnswer remote) {
    /**
     * Another server's REST answer and where in it stand the values that we replace by our own.
     *
     * @param body the answer
     * @param modelName where the value of {@code model_name} stands, or null
     * @param modelVersion the same of {@code model_version}
     * @param id the same of {@code id}
     */
    public record RemoteAnswer(
            InferRequest.RestBody body,
            @Nullable Span modelName,
            @Nullable Span modelVersion,
            @Nullable Span id) {}

    /** Bytes {@code [start, end)} of a body. */
    public record Span(int start, int end) {}

    /** The answer of a model that runs here. */
    public InferResult(List<Tensor> outputs) {
        this(outputs, null);
    }
}
