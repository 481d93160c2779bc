package dev.pilothouse.platform.blobs;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** Refusals of the blobs. Besides: NOT_FOUND and OUT_OF_SPACE of the common ones. */
public enum BlobError implements ErrorCode {
    /** What is on the disk is not what the name promises. */
    BLOB_CORRUPT(500),
    /** Part of the blob went away while it was written; sending it again succeeds. */
    BLOB_CHANGED(503);

    private final int status;

    BlobError(int status) {
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
