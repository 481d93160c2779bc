package dev.pilothouse.platform.jobs;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** How jobs can refuse, beside the common ways. */
public enum JobError implements ErrorCode {
    /** The job has another runner now. */
    RUN_LOST(409);

    private final int status;

    JobError(int status) {
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
