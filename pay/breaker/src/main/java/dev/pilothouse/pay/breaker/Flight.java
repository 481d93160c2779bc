package dev.pilothouse.pay.breaker;

import java.util.concurrent.atomic.AtomicBoolean;

/** A call under way, which counts with what it is expected to cost until it ends. Thread-safe; only its first end counts. */
public final class Flight {
    private final Gauge gauge;
    private final long ceilingNanoUsd;
    private final AtomicBoolean ended = new AtomicBoolean();

    Flight(Gauge gauge, long ceilingNanoUsd) {
        this.gauge = gauge;
        this.ceilingNanoUsd = ceilingNanoUsd;
        gauge.begin(ceilingNanoUsd);
    }

    /** The call has ended and cost this. */
    public void settle(SettledCall call) {
        if (ended.compareAndSet(false, true)) {
            gauge.end(ceilingNanoUsd);
            gauge.add(call, ceilingNanoUsd);
        }
    }

    /** The call was not made. */
    public void cancel() {
        if (ended.compareAndSet(false, true)) {
            gauge.end(ceilingNanoUsd);
        }
    }
}
