package dev.pilothouse.run.fleet;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * A process and what it started, which a shell in front of the program would else leave behind.
 *
 * @param parent the process we started
 * @param descendants its descendants when it was asked to end
 */
record Family(ProcessHandle parent, List<ProcessHandle> descendants) {
    static Family of(ProcessHandle parent) {
        return new Family(parent, parent.descendants().toList());
    }

    /** This family with the descendants of a later look. */
    Family joined(Family later) {
        return new Family(
                parent,
                Stream.concat(descendants.stream(), later.descendants.stream())
                        .distinct()
                        .toList());
    }

    /** SIGTERM to the process, SIGKILL after the grace period; then the same for descendants that outlive it. Blocks. */
    void end(Duration grace) {
        long deadline = System.nanoTime() + grace.toNanos();
        end(List.of(parent), deadline);
        List<ProcessHandle> left = new ArrayList<>(descendants);
        left.removeIf(process -> !process.isAlive());
        end(left, Math.max(deadline, System.nanoTime()));
    }

    private static void end(List<ProcessHandle> processes, long deadline) {
        processes.forEach(ProcessHandle::destroy);
        if (!ended(processes, deadline - System.nanoTime())) {
            processes.forEach(ProcessHandle::destroyForcibly);
            ended(processes, TimeUnit.SECONDS.toNanos(5));
        }
    }

    private static boolean ended(List<ProcessHandle> processes, long nanos) {
        try {
            CompletableFuture.allOf(
                            processes.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
                    .get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException | java.util.concurrent.ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
