package dev.pilothouse.run.fleet;

import dev.pilothouse.kernel.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;

/** Front door of the local runtime. Thread-safe. */
public final class Fleet implements AutoCloseable {
    /**
     * Where a process stands.
     *
     * @param name its spec's name
     * @param state {@code starting}, {@code ready}, {@code backing-off}, {@code crash-looping} (it has failed so often in
     *     a row that a person should look; restarts go on at the longest pause) or {@code stopped}
     * @param addresses addresses of ready replicas; a replica keeps its address over a restart where the port is still free
     * @param restarts restarts since it was applied
     * @param lastError why the last one ended, in words
     */
    public record Status(String name, String state, List<URI> addresses, int restarts, Optional<String> lastError) {
        public Status {
            addresses = List.copyOf(addresses);
        }
    }

    /** Where the files of processes come from. */
    @FunctionalInterface
    public interface FileSource {
        /** Opens the content of a digest; the stream fails where the bytes are not those. */
        InputStream open(Digest digest) throws IOException;
    }

    private final FleetConfig config;
    private final RandomGenerator random;
    private final Markers markers;
    private final FileFolders folders;
    private final Probe probe;
    private final Map<String, Supervised> processes = new ConcurrentHashMap<>();
    private final ExecutorService tasks = Executors.newVirtualThreadPerTaskExecutor();

    /**
     * A runtime without processes. Ends first what a killed server left running in the same folder, which may take the
     * grace period.
     *
     * @param files where the files of processes come from
     * @param random jitters restarts
     */
    public Fleet(FleetConfig config, FileSource files, RandomGenerator random) {
        this.config = config;
        this.random = random;
        this.markers = new Markers(config.folder().resolve("processes"));
        this.probe = new Probe(config.probeTimeout());
        markers.endOrphans(config.grace());
        this.folders = new FileFolders(config.folder().resolve("files"), files);
    }

    /**
     * Makes a process run as the spec says; a changed spec replaces its replicas one after the other, each only when its
     * successor is ready. Applying the same spec again changes nothing.
     *
     * @return completes with the status once all replicas are ready; exceptionally, with words ({@link
     *     FleetError#START_FAILED}), when the start failed: what ran before then still runs, and a first start is not
     *     tried again by itself
     */
    public CompletableFuture<Status> apply(ProcessSpec spec) {
        Supervised supervised = processes.computeIfAbsent(spec.name(), this::supervised);
        return CompletableFuture.supplyAsync(() -> supervised.apply(spec), tasks);
    }

    private Supervised supervised(String name) {
        Path file = config.folder().resolve("logs").resolve(name.replaceAll("[^A-Za-z0-9._-]", "_") + ".log");
        var lines = new Lines(file, config.logFileBytes());
        return new Supervised(
                name,
                lines,
                spec -> new Replica(spec, config, folders, markers, lines, probe, random),
                config.linger());
    }

    /** Ends a process: SIGTERM, then SIGKILL after the grace period. */
    public CompletableFuture<Void> remove(String name) {
        Supervised supervised = processes.remove(name);
        return supervised == null
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.runAsync(supervised::stop, tasks);
    }

    /** Where a process stands. */
    public Optional<Status> status(String name) {
        return Optional.ofNullable(processes.get(name)).map(Supervised::status);
    }

    /**
     * Output that came after what was seen before.
     *
     * @param lines oldest first; at most the last 1,000
     * @param seen what to ask with the next time
     */
    public record Tail(List<String> lines, long seen) {
        public Tail {
            lines = List.copyOf(lines);
        }
    }

    /** The last lines of its output, and from where to go on with {@link #after}. */
    public Tail tail(String name, int lines) {
        Supervised supervised = processes.get(name);
        return supervised == null ? new Tail(List.of(), 0) : supervised.lines().tail(lines);
    }

    /** What it wrote after the lines that were seen; a count of an earlier server's lines begins anew. */
    public Tail after(String name, long seen) {
        Supervised supervised = processes.get(name);
        return supervised == null ? new Tail(List.of(), 0) : supervised.lines().after(seen);
    }

    /** Ends all processes. */
    @Override
    public void close() {
        CompletableFuture.allOf(processes.keySet().stream().map(this::remove).toArray(CompletableFuture[]::new))
                .join();
        tasks.close();
        probe.close();
    }
}
