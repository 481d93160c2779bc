package dev.pilothouse.run.fleet;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica kept running by a thread of its own: start, probe until ready, watch, restart after a pause that doubles with
 * each failure (with jitter, so that many do not restart in step). A restart keeps the port where it can. Thread-safe.
 */
final class Replica {
    private static final Logger LOG = LoggerFactory.getLogger(Replica.class);

    private final ProcessSpec spec;
    private final FleetConfig config;
    private final FileFolders folders;
    private final Markers markers;
    private final Lines lines;
    private final Probe probe;
    private final RandomGenerator random;
    private final CompletableFuture<Void> firstReady = new CompletableFuture<>();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread supervisor;

    private volatile String state = "starting";
    private final AtomicInteger restarts = new AtomicInteger();
    private volatile @Nullable String lastError;
    private volatile @Nullable URI address;
    private int failures;
    private int port;

    Replica(
            ProcessSpec spec,
            FleetConfig config,
            FileFolders folders,
            Markers markers,
            Lines lines,
            Probe probe,
            RandomGenerator random) {
        this.spec = spec;
        this.config = config;
        this.folders = folders;
        this.markers = markers;
        this.lines = lines;
        this.probe = probe;
        this.random = random;
        this.supervisor =
                Thread.ofVirtual().name("supervisor of " + spec.name()).start(this::supervise);
    }

    String state() {
        return state;
    }

    int restarts() {
        return restarts.get();
    }

    Optional<String> lastError() {
        return Optional.ofNullable(lastError);
    }

    /** Its address while it is ready. */
    Optional<URI> address() {
        return Optional.ofNullable(address);
    }

    /** Completes when it is first ready; exceptionally, with words, where its first start fails. */
    CompletableFuture<Void> firstReady() {
        return firstReady;
    }

    private boolean stopped() {
        return stopping.getCount() == 0;
    }

    private void supervise() {
        Optional<Path> files = Optional.empty();
        try {
            files = spec.files().isEmpty() ? Optional.empty() : Optional.of(folders.hold(spec.files()));
            while (!stopped()) {
                String ended = live(files);
                if (stopped()) {
                    break;
                }
                failures++;
                lastError = ended;
                lines.add("[pilothouse] " + spec.name() + ": " + ended);
                if (firstReady.completeExceptionally(failed(ended)) || stopped()) {
                    break;
                }
                state = failures >= config.crashLoopAfter() ? "crash-looping" : "backing-off";
                Duration pause = pause();
                LOG.warn("Process {}: {}; restarting in {} ms", spec.name(), ended, pause.toMillis());
                if (stopping.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                    break;
                }
                restarts.incrementAndGet();
            }
        } catch (IOException e) {
            String why = "its files cannot be laid out: " + e.getMessage();
            lastError = why;
            firstReady.completeExceptionally(FleetError.START_FAILED.because(start() + why + "."));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            files.ifPresent(folders::release);
            state = "stopped";
            firstReady.completeExceptionally(FleetError.STOPPED.because("Process '" + spec.name() + "' was stopped."));
        }
    }

    private Duration pause() {
        long doubled = config.firstBackOff().toMillis() << Math.min(20, failures - 1);
        long capped = Math.min(doubled, config.lastBackOff().toMillis());
        return Duration.ofMillis(capped / 2 + random.nextLong(capped / 2 + 1));
    }

    /** One life of the process; returns why it ended. */
    private String live(Optional<Path> files) throws InterruptedException {
        state = "starting";
        Child child;
        try {
            port = Child.freePort(port);
            child = Child.start(spec, port, files, markers, lines);
        } catch (IOException e) {
            return "it cannot be started: " + e.getMessage();
        }
        try {
            String failure = untilReady(child);
            if (failure != null) {
                return failure;
            }
            child.rememberFamily();
            state = "ready";
            address = child.address();
            firstReady.complete(null);
            return watch(child);
        } finally {
            address = null;
            // An interrupt says that we are stopping, not that the process should lose its grace period.
            boolean interrupted = Thread.interrupted();
            child.stop(config.grace());
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private @Nullable String untilReady(Child child) throws InterruptedException {
        long deadline = System.nanoTime() + spec.startWithin().toNanos();
        Optional<String> last = Optional.empty();
        Duration pause = config.probeEvery().dividedBy(10);
        while (System.nanoTime() - deadline < 0) {
            if (stopped()) {
                return "it was stopped";
            }
            if (child.ended(pause)) {
                return child.end() + " before it was ready";
            }
            last = probe.failure(child.address(), spec.readyPath());
            if (last.isEmpty()) {
                return null;
            }
        }
        return "it was not ready within " + spec.startWithin().toMillis() + " ms: " + last.orElse("it was never asked");
    }

    private String watch(Child child) throws InterruptedException {
        long readySince = System.nanoTime();
        int failed = 0;
        while (true) {
            if (child.ended(config.probeEvery())) {
                return child.end();
            }
            if (stopped()) {
                return "it was stopped";
            }
            Optional<String> failure = probe.failure(child.address(), spec.readyPath());
            failed = failure.isEmpty() ? 0 : failed + 1;
            // Unready at once, so that callers turn elsewhere; restarted only when it stays so.
            address = failed == 0 ? child.address() : null;
            if (failed >= config.probeFailures()) {
                return "it hangs: " + failure.orElse("");
            }
            if (System.nanoTime() - readySince > config.stableAfter().toNanos()) {
                failures = 0;
            }
        }
    }

    private RuntimeException failed(String why) {
        String told = String.join("\n", lines.last(15));
        return FleetError.START_FAILED.because(start() + why + ". It must listen on 127.0.0.1 at the port in"
                + " {port} or $PORT and answer 2xx at " + spec.readyPath() + ". Its last lines:\n" + told);
    }

    private String start() {
        return "Process '" + spec.name() + "' (" + String.join(" ", spec.command()) + " in " + spec.directory()
                + ") did not start: ";
    }

    /** Ends it for good; blocks until the process is gone. */
    void stop() {
        stopping.countDown();
        supervisor.interrupt();
        try {
            supervisor.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
