package dev.pilothouse.kernel;

import java.util.List;
import java.util.Locale;

/** The refusals that mean the same in every capability. */
public enum CommonError implements ErrorCode {
    INVALID(400),
    UNAUTHENTICATED(401),
    FORBIDDEN(403),
    NOT_FOUND(404),
    METHOD_NOT_ALLOWED(405),
    CONFLICT(409),
    PRECONDITION_FAILED(412),
    TOO_LARGE(413),
    UNSUPPORTED_MEDIA(415),
    UNPROCESSABLE(422),
    TOO_MANY_REQUESTS(429),
    INTERNAL(500),
    NOT_IMPLEMENTED(501),
    UNAVAILABLE(503),
    TIMEOUT(504),
    OUT_OF_SPACE(507);

    private final int status;

    CommonError(int status) {
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

    /** {@link #INVALID} that reports all problems of one input together. */
    public static PilothouseException invalid(String detail, List<Problem> problems) {
        return new PilothouseException(INVALID, detail, problems, null);
    }
}
