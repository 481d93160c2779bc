package dev.pilothouse.run.guards;

import dev.pilothouse.kernel.ErrorCode;

/** Ways in which guards refuse a call. */
public enum GuardError implements ErrorCode {
    /** A guard found what it blocks; the same request is blocked again. */
    GUARD_BLOCKED("guard-blocked", 400),
    /** A guard that others run did not say whether the call may go on, and without its word it may not. */
    GUARD_UNAVAILABLE("guard-unavailable", 503),
    /** More requests or tokens a minute than a guard allows; when to come again is told. */
    RATE_LIMITED("rate-limited", 429);

    private final String code;
    private final int status;

    GuardError(String code, int status) {
        this.code = code;
        this.status = status;
    }

    @Override
    public String code() {
        return code;
    }

    @Override
    public int status() {
        return status;
    }
}
