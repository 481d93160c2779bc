package dev.pilothouse.run.gateway;

import com.linecorp.armeria.client.ResponseTimeoutException;
import com.linecorp.armeria.client.UnprocessedRequestException;
import com.linecorp.armeria.common.ContentTooLargeException;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.providers.ModelRoute.Target;
import java.util.concurrent.TimeoutException;

/** What clients are told of a target that did not answer. Stateless. */
final class TargetFaults {
    private TargetFaults() {}

    /** It could not be reached, so that nothing was sent. */
    static PilothouseException unreachable(Target target) {
        return GatewayError.UPSTREAM_FAILED.because("'" + target.provider() + "' cannot be reached.");
    }

    /** It was asked, and no whole answer came. */
    static PilothouseException lost(Target target, Throwable why) {
        return lost(target.toString(), target.provider(), why);
    }

    /** A provider was asked what is no call of a model, and did not answer; where nothing was sent, that is told by the code. */
    static PilothouseException lost(String provider, Throwable why) {
        return why instanceof UnprocessedRequestException
                ? CommonError.UNAVAILABLE.because("'" + provider + "' cannot be reached. Nothing was sent.")
                : lost(provider, provider, why);
    }

    private static PilothouseException lost(String target, String provider, Throwable why) {
        if (why instanceof TimeoutException || why instanceof ResponseTimeoutException) {
            return GatewayError.UPSTREAM_TIMEOUT.because("'" + target + "' did not answer in time.");
        }
        return GatewayError.UPSTREAM_FAILED.because(
                why instanceof ContentTooLargeException
                        ? "'" + target + "' answered more than is taken from a provider."
                        : "The connection to '" + provider + "' was lost.");
    }

    /** A stream ended before its last event, or told an error. */
    static PilothouseException broke(Target target) {
        return GatewayError.UPSTREAM_FAILED.because(
                "'" + target + "' broke its answer off before the end. Send the request again.");
    }

    /** What came is no answer of the protocol. */
    static PilothouseException garbage(Target target) {
        return GatewayError.UPSTREAM_FAILED.because("'" + target + "' answered what is no JSON object.");
    }

    /** It refuses; what it says of its key is nobody's affair, since the client's own is good. */
    static PilothouseException refused(Target target, int status) {
        boolean key = status == 401 || status == 403;
        return GatewayError.UPSTREAM_FAILED.because(
                key
                        ? "'" + target.provider() + "' refuses the key that Pilothouse has for it (" + status
                                + "). Ask who keeps its secret."
                        : "'" + target + "' answered " + status + ".");
    }
}
