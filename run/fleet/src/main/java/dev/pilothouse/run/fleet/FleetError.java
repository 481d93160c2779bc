package dev.pilothouse.run.fleet;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** Ways in which the local runtime refuses. */
public enum FleetError implements ErrorCode {
    /** A process did not start or did not become ready. */
    START_FAILED(422),
    /** The process was removed, or the runtime closed, before it was ready. */
    STOPPED(503);

    private final int status;

    FleetError(int status) {
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
