package dev.pilothouse.run.openinference;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A model that is loaded, in this process or behind another server of the protocol. Thread-safe. */
public interface ServedModel {
    /**
     * What travels with a request.
     *
     * @param deadline {@link System#nanoTime} after which no answer is wanted
     * @param requestId the request's id, for servers behind us
     * @param traceparent its W3C trace context, for servers behind us; empty where there is none
     */
    record Passage(long deadline, String requestId, String traceparent) {}

    /** What it takes and gives. */
    ModelInfo info();

    /**
     * Runs one request; blocks the caller for less than a millisecond, if at all.
     *
     * @return complete already, or completes on a thread of the model; exceptionally with a {@link dev.pilothouse.kernel.PilothouseException}
     * @throws dev.pilothouse.kernel.PilothouseException where the request does not fit the model or cannot be queued
     */
    CompletableFuture<InferResult> infer(InferRequest request, Passage passage);

    /**
     * The same model behind a queue and threads of its own, so that requests sent there wait for no others; to be closed before
     * this one. Empty where requests do not wait here.
     */
    default Optional<ServedModel> lane() {
        return Optional.empty();
    }

    /** Frees it; blocks until its threads have ended. No request may be in flight. */
    void close();
}
