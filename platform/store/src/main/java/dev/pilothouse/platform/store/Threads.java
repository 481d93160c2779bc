package dev.pilothouse.platform.store;

import java.util.concurrent.BlockingQueue;

/** Waiting that an interrupt does not cut short; the interrupt is kept for the caller. */
final class Threads {
    private Threads() {}

    /** Waits for a place in a queue. */
    static <T> void put(BlockingQueue<T> queue, T last) {
        boolean interrupted = false;
        while (true) {
            try {
                queue.put(last);
                break;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for a thread's end. */
    static void join(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
