package dev.pilothouse.platform.segments;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** Refusals of a log. Besides: OUT_OF_SPACE, TOO_LARGE and UNAVAILABLE of the common ones. */
public enum SegmentError implements ErrorCode {
    /** Another process, or this one, has the folder open. */
    FOLDER_IN_USE(409),
    /** Bytes on the disk are not what was written. */
    CORRUPT(500),
    /** A sync failed, so that nobody knows what the disk holds; the log must be opened anew. */
    LOG_BROKEN(500);

    private final int status;

    SegmentError(int status) {
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
