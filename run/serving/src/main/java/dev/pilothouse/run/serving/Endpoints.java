package dev.pilothouse.run.serving;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Front door of the model server. Thread-safe. */
public final class Endpoints implements AutoCloseable {
    /**
     * Makes an endpoint run what the spec says: loads and warms what is new, swaps in one step, then drains what is no
     * longer named. Applying the same spec again changes nothing.
     *
     * @return completes once requests see the new spec; exceptionally, with the old one still running, where a variant
     *     does not load
     */
    public CompletableFuture<Void> apply(EndpointSpec spec) {
        throw new IllegalStateException("under construction");
    }

    /** Stops an endpoint after its requests in flight. */
    public CompletableFuture<Void> remove(String tenant, String name) {
        throw new IllegalStateException("under construction");
    }

    /** Takes the counts gathered since the last call; each request is in exactly one answer. */
    public List<OutcomeCount> takeCounts() {
        throw new IllegalStateException("under construction");
    }

    /**
     * Joins a true label to an answered request.
     *
     * @param output name of the output that holds the prediction; empty means the first
     * @param label the true value, as text
     * @return whether the request was known (the last 200,000 answers of an endpoint are)
     */
    public boolean feedback(String tenant, String endpoint, String requestId, String output, String label) {
        throw new IllegalStateException("under construction");
    }

    /** Opens a model outside any endpoint, for gates: loads it, checks it and keeps it until closed. */
    public CompletableFuture<OpenModel> open(ModelSource source) {
        throw new IllegalStateException("under construction");
    }

    @Override
    public void close() {}

    /** A loaded model that gates run on batches. */
    public interface OpenModel extends AutoCloseable {
        /** Names of the inputs it needs. */
        List<String> inputs();

        /**
         * Runs rows of raw columns.
         *
         * @param columns values by input name: String, Long, Double, Boolean or null, all lists of one length
         * @return values by output name, one per row; outputs of several values per row are {@code double[]}
         */
        CompletableFuture<Map<String, List<Object>>> run(Map<String, ? extends List<?>> columns);

        @Override
        void close();
    }
}
