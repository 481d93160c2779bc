package dev.pilothouse.run.onnx;

import dev.pilothouse.kernel.Digest;

/**
 * Stands around each load of a model. Native code can end the whole process, and then only what was noted before says which
 * model it was. Thread-safe.
 */
public interface LoadGuard {
    /**
     * Called before native code sees a graph, on the thread that loads it.
     *
     * @param tenant whose model it is
     * @param label what messages call it
     * @return to be closed by the same thread when the load has ended, however it ended
     * @throws dev.pilothouse.kernel.PilothouseException {@code MODEL_QUARANTINED} where the graph must not be loaded
     */
    Loading begin(String tenant, String label, Digest graph);

    /** A load that is under way. */
    interface Loading extends AutoCloseable {
        /** The model is loaded and warm. */
        void succeeded();

        @Override
        void close();
    }

    /** Notes nothing and stops nothing. */
    static LoadGuard none() {
        return (_, _, _) -> new Loading() {
            @Override
            public void succeeded() {}

            @Override
            public void close() {}
        };
    }
}
