package dev.pilothouse.trust.backup;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** How a backup or its restoration can be refused, beside a damaged archive. */
public enum BackupError implements ErrorCode {
    /** Another backup or the collection of unused blobs is under way. */
    BACKUP_BUSY(409),
    /** The file is an archive, but not one of ours, or of a newer program. */
    NOT_A_BACKUP(422),
    /** The keys that belong to the backup are missing, others, or locked by another passphrase. */
    KEYS_UNUSABLE(422),
    /** There is something already where the backup was to go. */
    NOT_EMPTY(409);

    private final int status;

    BackupError(int status) {
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
