package dev.pilothouse.platform.http;

import dev.pilothouse.kernel.Caller;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Turns the key a client sent into its caller; trust/access supplies it. Thread-safe, called on the event loop. */
@FunctionalInterface
public interface Authenticator {
    /**
     * Looks a key up.
     *
     * @param key the key as sent: the Bearer token, the Basic password, {@code x-api-key}, or gRPC metadata's {@code
     *     authorization}
     * @return the caller, or empty where the key is unknown, expired or revoked; completes at once when it is cached
     */
    CompletionStage<Optional<Caller>> authenticate(String key);

    /**
     * Whom a key lets in.
     *
     * @param caller who calls
     * @param expiring when the key stops working, where that is so near that its owner should be told
     */
    record Admission(Caller caller, Optional<Instant> expiring) {}

    /**
     * Looks a key up that came from an address, so that whoever tries many can be slowed down.
     *
     * @return as {@link #authenticate}; fails with TOO_MANY_REQUESTS where the address has sent too many wrong keys
     */
    default CompletionStage<Optional<Admission>> admit(String key, InetAddress from) {
        return authenticate(key).thenApply(found -> found.map(caller -> new Admission(caller, Optional.empty())));
    }

    /**
     * Looks the token of a browser's session up; see {@link SessionCookie}.
     *
     * @return the caller, or empty where there is no such session or its key works no longer
     */
    default CompletionStage<Optional<Caller>> authenticateSession(String token) {
        return CompletableFuture.completedFuture(Optional.empty());
    }
}
