package dev.pilothouse.know.mlflow;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** MLflow's error codes that its clients tell apart, with the HTTP status MLflow's own server answers. */
public enum MlflowError implements ErrorCode {
    INVALID_PARAMETER_VALUE(400),
    MALFORMED_REQUEST(400),
    BAD_REQUEST(400),
    RESOURCE_ALREADY_EXISTS(400),
    /** MLflow answers 500 here, which its clients would retry for minutes; 409 says the same without that. */
    INVALID_STATE(409),
    UNAUTHENTICATED(401),
    PERMISSION_DENIED(403),
    RESOURCE_DOES_NOT_EXIST(404),
    ENDPOINT_NOT_FOUND(404),
    RESOURCE_CONFLICT(409),
    REQUEST_LIMIT_EXCEEDED(429),
    RESOURCE_EXHAUSTED(429),
    INTERNAL_ERROR(500),
    NOT_IMPLEMENTED(501),
    TEMPORARILY_UNAVAILABLE(503),
    DEADLINE_EXCEEDED(504);

    private final int status;

    MlflowError(int status) {
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
