package dev.pilothouse.run.gateway;

import dev.pilothouse.kernel.ErrorCode;

/** Ways in which the gateway refuses a call. */
public enum GatewayError implements ErrorCode {
    /** No alias of that name is declared, or the key may not use it. */
    UNKNOWN_MODEL("unknown-alias", 404),
    /** The alias has no target whose protocol has anything like what is asked. */
    WRONG_LANGUAGE("wrong-language", 400),
    /** The alias stays in regions where none of its providers is. */
    OUTSIDE_REGION("outside-region", 403),
    /** A budget in money counts the call, and nobody knows what it can cost. */
    MODEL_UNPRICED("model-unpriced", 422),
    /** The agent spent far more than it usually does, and waits for a person. */
    AGENT_PAUSED("agent-paused", 403),
    /** A budget does not cover the call; the window's end is told. */
    BUDGET_EXHAUSTED("budget-exhausted", 429),
    /** Every target failed, was cut off or answered what is no answer. */
    UPSTREAM_FAILED("upstream-failed", 502),
    /** No target answered in time. */
    UPSTREAM_TIMEOUT("upstream-timeout", 504);

    private final String code;
    private final int status;

    GatewayError(String code, int status) {
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

    /** A budget that is spent stays so until its window ends, so that repeating a refused call is no use. */
    @Override
    public boolean retryable() {
        return this == UPSTREAM_FAILED || this == UPSTREAM_TIMEOUT;
    }
}
