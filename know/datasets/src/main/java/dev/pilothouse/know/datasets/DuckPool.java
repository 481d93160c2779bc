package dev.pilothouse.know.datasets;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs jobs on DuckDB: a few platform threads, because a native call pins its carrier; a database in memory of its own for
 * each job, which can open only the files the job names; a time limit, after which the job is cancelled. Thread-safe.
 */
final class DuckPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DuckPool.class);
    private static final int THREADS = 2;
    private static final int WAITING = 64;

    /** What runs on a session. */
    @FunctionalInterface
    interface Job<T> {
        T run(DuckSession session) throws SQLException, IOException;
    }

    private final Path spill;
    private final ThreadPoolExecutor threads;

    /** A pool that spills to a folder. */
    DuckPool(Path spill) {
        this.spill = spill;
        this.threads = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(WAITING),
                Thread.ofPlatform().daemon().name("dataset-", 0).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * Runs a job and waits for it.
     *
     * @param paths files it may open
     * @param what what it does, for the error that it took too long
     */
    <T> T call(Duration within, List<Path> paths, String what, Job<T> job) {
        var running = new AtomicReference<DuckSession>();
        var answer = new CompletableFuture<T>();
        try {
            threads.execute(() -> {
                if (answer.isDone()) {
                    return;
                }
                try (var session = new DuckSession(spill, paths)) {
                    running.set(session);
                    answer.complete(job.run(session));
                } catch (SQLException | IOException | RuntimeException e) {
                    answer.completeExceptionally(e);
                }
            });
            return answer.get(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            throw CommonError.UNAVAILABLE.because(
                    "Too many data sets are being read at once; try again in a moment.", e);
        } catch (TimeoutException e) {
            answer.cancel(false);
            DuckSession session = running.get();
            if (session != null) {
                session.cancel();
            }
            throw CommonError.TIMEOUT.because(
                    what + " took longer than " + within.toSeconds() + " s and was stopped; send a smaller file.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommonError.UNAVAILABLE.because(what + " was interrupted; try again.", e);
        } catch (ExecutionException e) {
            throw unwrapped(what, e.getCause());
        }
    }

    private static RuntimeException unwrapped(String what, @Nullable Throwable cause) {
        return switch (cause) {
            case PilothouseException refusal -> refusal;
            case Faults.Unreadable unreadable -> unreadable;
            case IOException io -> new UncheckedIOException(io);
            case SQLException sql -> {
                LOG.warn("{} failed", what, sql);
                String words = sql.getMessage() == null ? "" : sql.getMessage();
                yield words.contains("Out of Memory")
                        ? CommonError.TOO_LARGE.because(
                                what + " needs more memory than it may use; send a smaller file.", sql)
                        : CommonError.INTERNAL.because(what + " failed inside; the log says why.", sql);
            }
            case RuntimeException unchecked
            when unchecked.getCause() instanceof SQLException sql -> unwrapped(what, sql);
            case RuntimeException unchecked -> unchecked;
            case null, default -> new IllegalStateException(cause);
        };
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
