package dev.pilothouse.platform.store;

/** Waiting for threads to end. */
final class Threads {
    private Threads() {}

    /** Waits for a thread's end, also when interrupted meanwhile; the interrupt is kept for the caller. */
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
