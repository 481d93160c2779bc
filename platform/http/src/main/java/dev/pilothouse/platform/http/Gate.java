package dev.pilothouse.platform.http;

import com.linecorp.armeria.common.RequestHeaders;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Lets a request in, or says why not. */
final class Gate {
    private final Authenticator authenticator;

    Gate(Authenticator authenticator) {
        this.authenticator = authenticator;
    }

    /** The caller; completes exceptionally with UNAUTHENTICATED or FORBIDDEN. */
    CompletableFuture<Caller> admit(Access access, RequestHeaders headers) {
        if (access instanceof Access.Open) {
            return CompletableFuture.completedFuture(RequestInfo.ANONYMOUS);
        }
        Optional<String> key = Arrivals.key(headers);
        if (key.isEmpty()) {
            return CompletableFuture.failedFuture(CommonError.UNAUTHENTICATED.because(
                    "This needs a key. Send it as 'authorization: Bearer KEY', as the password of HTTP Basic, or as"
                            + " 'x-api-key'."));
        }
        return authenticator.authenticate(key.get()).toCompletableFuture().thenApply(found -> {
            Caller caller = found.orElseThrow(() -> CommonError.UNAUTHENTICATED.because(
                    "The key is unknown, expired or revoked. Ask an admin for a new one."));
            if (access instanceof Access.Holder(var role)) {
                caller.require(role);
            }
            return caller;
        });
    }
}
