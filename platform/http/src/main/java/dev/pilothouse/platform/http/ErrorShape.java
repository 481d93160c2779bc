package dev.pilothouse.platform.http;

import dev.pilothouse.kernel.PilothouseException;

/** Renders a refusal as the protocol of the route expects it. Stateless. */
@FunctionalInterface
public interface ErrorShape {
    /**
     * Renders one refusal.
     *
     * @param refusal what happened; of a fault inside Pilothouse, an INTERNAL refusal whose detail is safe to show
     * @param requestId id to name, so that the fault can be found in the log
     */
    Reply render(PilothouseException refusal, String requestId);

    /** RFC 9457 problem JSON, with {@code code}, {@code requestId} and all {@code problems}: our own API's shape. */
    static ErrorShape problemJson() {
        return ProblemJson::render;
    }
}
