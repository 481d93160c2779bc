package dev.pilothouse.platform.edge;

import com.linecorp.armeria.common.CancellationException;
import com.linecorp.armeria.common.ClosedSessionException;
import com.linecorp.armeria.common.ContentTooLargeException;
import com.linecorp.armeria.common.stream.AbortedStreamException;
import com.linecorp.armeria.common.stream.CancelledSubscriptionException;
import com.linecorp.armeria.common.stream.ClosedStreamException;
import com.linecorp.armeria.common.util.CompositeException;
import com.linecorp.armeria.server.HttpStatusException;
import com.linecorp.armeria.server.RequestTimeoutException;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.ErrorCode;
import dev.pilothouse.kernel.PilothouseException;
import io.netty.handler.codec.DecoderException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Turns whatever stopped a request into a refusal that is safe to show. */
final class Refusals {
    static final String FAULT =
            "Pilothouse could not finish this request because of a fault of its own. The request id finds it in the server's"
                    + " log.";

    private Refusals() {}

    /** The refusal; of what nobody foresaw an INTERNAL one that keeps the cause for the log. */
    static PilothouseException of(Throwable thrown, long maxBody, boolean bodyComplete) {
        Throwable cause = peel(thrown);
        return switch (cause) {
            case PilothouseException refusal -> refusal;
            case ContentTooLargeException tooLarge -> tooLarge(maxBody);
            case HttpStatusException status -> ofStatus(status.httpStatus().code(), status.getCause(), maxBody);
            case RequestTimeoutException late ->
                bodyComplete
                        ? CommonError.TIMEOUT.because(
                                "The request took longer than this server allows and was stopped. Ask for less at once, or raise"
                                        + " http.request-timeout.")
                        : EdgeError.REQUEST_TIMEOUT.because(
                                "The request's body did not arrive in time. Send it faster, or raise http.request-timeout.");
            case DecoderException broken ->
                CommonError.INVALID.because(
                        "The body is not what its content-encoding says: it cannot be decompressed.", broken);
            default -> CommonError.INTERNAL.because(FAULT, cause);
        };
    }

    /** The refusal that an HTTP status of Armeria's own stands for. */
    static PilothouseException ofStatus(int status, @Nullable Throwable cause, long maxBody) {
        return switch (status) {
            case 400 ->
                CommonError.INVALID.because(
                        "The request is not well-formed HTTP: check its path, query and headers for broken escapes.",
                        cause);
            case 404 -> CommonError.NOT_FOUND.because("There is nothing at this path.", cause);
            case 405 -> CommonError.METHOD_NOT_ALLOWED.because("This path does not answer that method.", cause);
            case 408 -> EdgeError.REQUEST_TIMEOUT.because("The request did not arrive in time.", cause);
            case 413 -> tooLarge(maxBody);
            case 414 -> EdgeError.URI_TOO_LONG.because("The path with its query is too long.", cause);
            case 415 -> CommonError.UNSUPPORTED_MEDIA.because("This path does not read that media type.", cause);
            case 417 ->
                EdgeError.EXPECTATION_FAILED.because(
                        "The header 'expect' asks for something else than 100-continue; leave it out.", cause);
            case 431 -> EdgeError.HEADERS_TOO_LARGE.because("The request's headers are too large.", cause);
            case 501 -> CommonError.NOT_IMPLEMENTED.because("This server does not know that HTTP method.", cause);
            case 503 -> EdgeError.SHUTTING_DOWN.because("The server is stopping. Try again in a moment.", cause);
            default -> new StatusCode(status).because("The request could not be answered.", cause);
        };
    }

    static PilothouseException tooLarge(long maxBody) {
        return CommonError.TOO_LARGE.because(
                "The body is larger than the " + maxBody + " bytes that this path takes, counted after decompression.");
    }

    /** Whole seconds until another attempt may succeed, at least one. */
    static long retrySeconds(PilothouseException refusal) {
        return Math.max(
                1, refusal.retryAfter().orElse(Duration.ZERO).plusMillis(999).toSeconds());
    }

    /** Whether the client simply went away: nothing to answer, nothing to log. */
    static boolean clientLeft(Throwable thrown) {
        Throwable cause = peel(thrown);
        return (cause instanceof CancellationException
                        || cause instanceof ClosedSessionException
                        || cause instanceof ClosedStreamException
                        || cause instanceof CancelledSubscriptionException
                        || cause instanceof AbortedStreamException)
                && !(cause instanceof RequestTimeoutException);
    }

    /** What really happened, below the wrappers of futures and of Armeria's streams. */
    static Throwable peel(Throwable thrown) {
        Throwable cause = thrown;
        while (true) {
            if (cause instanceof CompositeException several
                    && !several.getExceptions().isEmpty()) {
                cause = several.getExceptions().getFirst();
            } else if ((cause instanceof CompletionException || cause instanceof ExecutionException)
                    && cause.getCause() != null) {
                cause = cause.getCause();
            } else {
                return cause;
            }
        }
    }

    /** A status that has no refusal of its own. */
    private record StatusCode(int status) implements ErrorCode {
        @Override
        public String code() {
            return status >= 500 ? CommonError.INTERNAL.code() : CommonError.INVALID.code();
        }
    }
}
