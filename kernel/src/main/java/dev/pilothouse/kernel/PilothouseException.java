package dev.pilothouse.kernel;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one exception that carries a refusal to the edge, which renders it in the protocol's own shape. Its detail is
 * written for the client; its cause is for the log only.
 */
public final class PilothouseException extends RuntimeException {
    private final transient ErrorCode code;
    private final transient List<Problem> problems;
    private final String detail;

    PilothouseException(ErrorCode code, String detail, List<Problem> problems, @Nullable Throwable cause) {
        super(code.code() + ": " + detail + (problems.isEmpty() ? "" : " " + problems), cause);
        this.code = code;
        this.detail = detail;
        this.problems = List.copyOf(problems);
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
