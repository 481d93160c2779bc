package dev.pilothouse.pay.breaker;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** Why the breaker refuses. */
public enum BreakerError implements ErrorCode {
    /** The agent is not paused, so that it cannot be resumed. */
    NOT_PAUSED(409),
    /** The caller has seen another latch than the one that holds. */
    OTHER_LATCH(409),
    /** A newer version wrote what this one cannot read. */
    BASELINE_UNREADABLE(500);

    private final int status;

    BreakerError(int status) {
        this.status = status;
    }

    @Override
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public int status() {
        return status;
    }
}
