package dev.pilothouse.platform.archive;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** How reading an archive can fail. */
public enum ArchiveError implements ErrorCode {
    /** A part is not what the archive's own index says, or the archive ends before its end. */
    ARCHIVE_DAMAGED(422);

    private final int status;

    ArchiveError(int status) {
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
