package dev.pilothouse.platform.edge;

import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Authenticator;
import dev.pilothouse.platform.http.RequestInfo;
import dev.pilothouse.platform.http.SessionCookie;
import io.netty.util.AsciiString;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Lets a request in, or says why not. */
final class Gate {
    private static final String UNKNOWN_KEY = "The key is unknown, expired or revoked. Ask an admin for a new one.";
    private static final AsciiString KEY_EXPIRES = AsciiString.cached("x-pilothouse-key-expires");

    private final Authenticator authenticator;

    Gate(Authenticator authenticator) {
        this.authenticator = authenticator;
    }

    /** The caller; completes exceptionally with UNAUTHENTICATED or FORBIDDEN. */
    CompletableFuture<Caller> admit(Access access, ServiceRequestContext context, RequestHeaders headers) {
        if (access instanceof Access.Open) {
            return CompletableFuture.completedFuture(RequestInfo.ANONYMOUS);
        }
        Optional<String> key = Arrivals.key(headers);
        if (key.isPresent()) {
            return admit(
                    access,
                    authenticator
                            .admit(key.get(), RequestInfo.of(context).from())
                            .thenApply(found -> found.map(admission -> told(admission, context))),
                    UNKNOWN_KEY);
        }
        Optional<String> session = headers.contains("authorization") ? Optional.empty() : SessionCookie.token(headers);
        if (session.isPresent()) {
            try {
                SessionCookie.guard(headers);
            } catch (PilothouseException refusal) {
                return CompletableFuture.failedFuture(refusal);
            }
            return admit(
                    access, authenticator.authenticateSession(session.get()), "The session has ended. Log in again.");
        }
        return CompletableFuture.failedFuture(CommonError.UNAUTHENTICATED.because(
                "This needs a key. Send it as 'authorization: Bearer KEY', as the password of HTTP Basic, or as"
                        + " 'x-api-key'."));
    }

    /** Tells the client, in a header of the answer, that its key is about to stop working. */
    private static Caller told(Authenticator.Admission admission, ServiceRequestContext context) {
        admission.expiring().ifPresent(at -> context.setAdditionalResponseHeader(KEY_EXPIRES, at.toString()));
        return admission.caller();
    }

    private static CompletableFuture<Caller> admit(
            Access access, CompletionStage<Optional<Caller>> asked, String unknown) {
        return asked.toCompletableFuture().thenApply(found -> {
            Caller caller = found.orElseThrow(() -> CommonError.UNAUTHENTICATED.because(unknown));
            if (access instanceof Access.Holder(var role)) {
                caller.require(role);
            }
            return caller;
        });
    }
}
