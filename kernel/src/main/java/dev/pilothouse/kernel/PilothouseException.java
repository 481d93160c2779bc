package dev.pilothouse.kernel;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The one exception that carries a refusal to the edge, which renders it in the protocol's own shape. Its detail is
 * written for the client; its cause is for the log only.
 */
public final class PilothouseException extends RuntimeException {
    private final transient ErrorCode code;
    private final transient List<Problem> problems;
    private final String detail;
    private final @Nullable Duration retryAfter;

    PilothouseException(ErrorCode code, String detail, List<Problem> problems, @Nullable Throwable cause) {
        this(code, detail, problems, cause, null);
    }

    private PilothouseException(
            ErrorCode code,
            String detail,
            List<Problem> problems,
            @Nullable Throwable cause,
            @Nullable Duration retryAfter) {
        super(code.code() + ": " + detail + (problems.isEmpty() ? "" : " " + problems), cause);
        this.code = code;
        this.detail = detail;
        this.problems = List.copyOf(problems);
        this.retryAfter = retryAfter;
    }

    /** The same refusal, saying when another attempt may succeed; the edge tells it in the protocol's own way. */
    public PilothouseException retryIn(Duration wait) {
        return new PilothouseException(code, detail, problems, getCause(), wait);
    }

    /** When another attempt may succeed, counted from now; empty where nobody knows. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** Which refusal. */
    public ErrorCode code() {
        return code;
    }

    /** Sentences for the client. */
    public String detail() {
        return detail;
    }

    /** All problems of the input, in its order; empty where there is only the detail. */
    public List<Problem> problems() {
        return problems;
    }
}
