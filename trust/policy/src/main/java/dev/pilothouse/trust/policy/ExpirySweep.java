package dev.pilothouse.trust.policy;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A virtual thread that runs a sweep when something may have lapsed. */
final class ExpirySweep implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ExpirySweep.class);
    /** Looks at least so often, because clocks jump and other replicas ask too. */
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private static final Duration SHORTEST = Duration.ofMillis(20);
    private static final Duration BACK_OFF = Duration.ofSeconds(2);

    private final Supplier<Optional<Duration>> sweep;
    private final Semaphore wake = new Semaphore(0);
    private final Thread thread = Thread.ofVirtual().name("policy-expiry").unstarted(this::run);
    private volatile boolean closed;

    /** Runs a sweep that answers how long it may wait until the next. */
    ExpirySweep(Supplier<Optional<Duration>> sweep) {
        this.sweep = sweep;
    }

    void start() {
        thread.start();
    }

    void wake() {
        wake.release();
    }

    private void run() {
        Duration pause = Duration.ZERO;
        while (!closed) {
            try {
                boolean _ = wake.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS);
                wake.drainPermits();
                if (!closed) {
                    pause = bounded(sweep.get());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                log.warn("Lapsed approvals could not be recorded; trying again in {} s", BACK_OFF.toSeconds(), e);
                pause = BACK_OFF;
            }
        }
    }

    private static Duration bounded(Optional<Duration> until) {
        Duration wanted = until.orElse(LONGEST);
        if (wanted.compareTo(LONGEST) > 0) {
            return LONGEST;
        }
        return wanted.compareTo(SHORTEST) < 0 ? SHORTEST : wanted;
    }

    @Override
    public void close() {
        closed = true;
        wake.release();
        if (thread.getState() != Thread.State.NEW) {
            try {
                thread.join(Duration.ofSeconds(10));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
