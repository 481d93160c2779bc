package dev.pilothouse.run.openinference;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** Ways in which the model server refuses. */
public enum ServingError implements ErrorCode {
    /** No endpoint or version of that name. */
    UNKNOWN_MODEL(404),
    /** A model file that cannot be loaded: truncated, unknown operators, missing external data. */
    MODEL_UNLOADABLE(422),
    /** The model ended the process twice while it loaded; a person must release it. */
    MODEL_QUARANTINED(409),
    /** More requests in flight than the endpoint's {@code maxConcurrency}. */
    TOO_MANY_IN_FLIGHT(429),
    /** The model failed on a well-formed request. */
    MODEL_FAILED(500),
    /** The server behind a remote variant did not answer, or not in the protocol. */
    REMOTE_FAILED(502),
    /** The model is still being started. */
    NOT_READY(503),
    /** The queue is full, or no server can be reached. */
    OVERLOADED(503),
    /** No answer within the deadline. */
    DEADLINE_EXCEEDED(504);

    private final int status;

    ServingError(int status) {
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
