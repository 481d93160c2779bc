package dev.pilothouse.platform.store;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** How the store can refuse, beside the common ways. */
public enum StoreError implements ErrorCode {
    /** A lease's epoch is no longer ours: another process has taken over. */
    LEASE_LOST(409);

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
