package dev.pilothouse.platform.edge;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Armeria's executor for blocking work: each task gets a virtual thread of its own; one platform thread keeps the time. */
final class VirtualThreads extends ScheduledThreadPoolExecutor {
    private final ExecutorService workers = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("call-", 0).factory());

    VirtualThreads() {
        super(1, Thread.ofPlatform().daemon().name("edge-clock").factory());
    }

    @Override
    public void execute(Runnable task) {
        workers.execute(task);
    }

    @Override
    public Future<?> submit(Runnable task) {
        return workers.submit(task);
    }

    @Override
    public <T> Future<T> submit(Runnable task, T result) {
        return workers.submit(task, result);
    }

    @Override
    public <T> Future<T> submit(Callable<T> task) {
        return workers.submit(task);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        return super.schedule(() -> workers.execute(task), delay, unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
        return super.schedule(() -> workers.submit(task).get(), delay, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long delay, long period, TimeUnit unit) {
        return super.scheduleAtFixedRate(() -> workers.execute(task), delay, period, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long delay, long pause, TimeUnit unit) {
        return super.scheduleWithFixedDelay(() -> workers.execute(task), delay, pause, unit);
    }

    @Override
    public void shutdown() {
        super.shutdown();
        workers.shutdown();
    }

    @Override
    public List<Runnable> shutdownNow() {
        workers.shutdownNow();
        return super.shutdownNow();
    }
}
