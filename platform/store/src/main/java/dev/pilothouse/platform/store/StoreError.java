package dev.pilothouse.platform.store;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** How the store can refuse, beside the common ways. */
public enum StoreError implements ErrorCode {
    /** The database file is damaged or no database. */
    STORE_DAMAGED(500),
    /** The database or its folder cannot be written. */
    STORE_READ_ONLY(500);

    private final int status;

    StoreError(int status) {
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
