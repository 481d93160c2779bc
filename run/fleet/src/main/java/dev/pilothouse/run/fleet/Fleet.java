package dev.pilothouse.run.fleet;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Front door of the local runtime. Thread-safe. */
public final class Fleet implements AutoCloseable {
    /**
     * Where a process stands.
     *
     * @param name its spec's name
     * @param state {@code starting}, {@code ready}, {@code backing-off} or {@code stopped}
     * @param addresses addresses of ready replicas
     * @param restarts restarts since it was applied
     * @param lastError why the last one ended, in words
     */
    public record Status(String name, String state, List<URI> addresses, int restarts, Optional<String> lastError) {}

    /**
     * Makes a process run as the spec says; a changed spec replaces its replicas one after the other.
     *
     * @return completes with the status once all replicas are ready; exceptionally, with words, when the start failed
     */
    public CompletableFuture<Status> apply(ProcessSpec spec) {
        throw new IllegalStateException("under construction");
    }

    /** Ends a process: SIGTERM, then SIGKILL after its grace period. */
    public CompletableFuture<Void> remove(String name) {
        throw new IllegalStateException("under construction");
    }

    /** Where a process stands. */
    public Optional<Status> status(String name) {
        throw new IllegalStateException("under construction");
    }

    /** The last lines of its output, oldest first. */
    public List<String> logs(String name, int lines) {
        throw new IllegalStateException("under construction");
    }

    @Override
    public void close() {}
}
