package dev.pilothouse.platform.http;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Armeria's executor for blocking work: each task gets a virtual thread of its own; one platform thread keeps the time. */
final class VirtualThreads extends AbstractExecutorService implements ScheduledExecutorService {
    private final ExecutorService workers =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("call-", 0).factory());
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("edge-clock").factory());

    @Override
    public void execute(Runnable task) {
        workers.execute(task);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        return clock.schedule(() -> workers.execute(task), delay, unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
        return clock.schedule(() -> workers.submit(task).get(), delay, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long delay, long period, TimeUnit unit) {
        return clock.scheduleAtFixedRate(() -> workers.execute(task), delay, period, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long delay, long pause, TimeUnit unit) {
        return clock.scheduleWithFixedDelay(() -> workers.execute(task), delay, pause, unit);
    }

    @Override
    public void shutdown() {
        clock.shutdown();
        workers.shutdown();
    }

    @Override
    public List<Runnable> shutdownNow() {
        clock.shutdownNow();
        return workers.shutdownNow();
    }

    @Override
    public boolean isShutdown() {
        return workers.isShutdown();
    }

    @Override
    public boolean isTerminated() {
        return workers.isTerminated();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return workers.awaitTermination(timeout, unit);
    }
}
