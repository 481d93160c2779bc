package dev.pilothouse.platform.journal;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** How the journal can refuse, beside the common ways. */
public enum JournalError implements ErrorCode {
    /** Another process has moved a follower's cursor. */
    CURSOR_MOVED(409);

    private final int status;

    JournalError(int status) {
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
