package dev.pilothouse.platform.replicas;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** How a lease can be refused, beside the common ways. */
public enum LeaseError implements ErrorCode {
    /** A lease's epoch is no longer ours: another process has taken over. */
    LEASE_LOST(409);

    private final int status;

    LeaseError(int status) {
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
