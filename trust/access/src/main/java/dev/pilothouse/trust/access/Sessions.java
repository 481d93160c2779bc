package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.http.Authenticator.Admission;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/**
 * Browsers that are logged in: a key is traded for a session, which lives for {@link #LIFE} after its last use and ends at
 * once with its key or its principal. Thread-safe; calls wait for the store, so they belong on virtual threads.
 */
public final class Sessions {
    /** How long a session lives after it was last used; up to a minute longer. */
    public static final Duration LIFE = Duration.ofHours(12);

    private final Store store;
    private final Ledger ledger;
    private final KeyAuthenticator authenticator;
    private final InstantSource clock;
    private final Ids ids;
    private final SqlSessions sql = new SqlSessions();
    private final SecureRandom random = new SecureRandom();

    /** Sessions in a store that was opened with {@link Access#MIGRATIONS}. */
    public Sessions(Store store, Ledger ledger, KeyAuthenticator authenticator, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.authenticator = authenticator;
        this.clock = clock;
        this.ids = Ids.secure(clock);
    }

    /** A session that was just begun, and its token, which is shown this once. */
    record Begun(Session session, String token) {
        @Override
        public String toString() {
            return "Begun[" + session.id() + "]";
        }
    }

    /**
     * Trades a key for a session.
     *
     * @throws dev.pilothouse.kernel.PilothouseException UNAUTHENTICATED where the key is unknown, expired or revoked;
     *     TOO_MANY_REQUESTS where the address has sent too many such
     */
    Begun begin(String key, InetAddress from) {
        Admission admission = admitted(key, from)
                .orElseThrow(() -> CommonError.UNAUTHENTICATED.because(
                        "The key is unknown, expired or revoked. Ask an admin for a new one."));
        Caller caller = admission.caller();
        String keyId = KeyText.parse(key).orElseThrow().id();
        SessionToken token = SessionToken.make(random);
        Instant now = clock.instant();
        var session = new Session(ids.next(), keyId, caller, now.plus(LIFE), admission.expiring());
        store.writeAndWait(tx -> {
            sql.deleteExpired(tx, caller.tenant(), now);
            sql.insert(
                    tx,
                    new SqlSessions.Row(caller.tenant(), session.id(), keyId, session.expiresAt()),
                    token.hash(),
                    now);
            record(tx, caller, "session.started", session.id(), keyId);
            return session.id();
        });
        return new Begun(session, token.text());
    }

    private Optional<Admission> admitted(String key, InetAddress from) {
        try {
            return authenticator.admit(key, from).toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof PilothouseException refusal ? refusal : e;
        }
    }

    /** The session of a token, as far as it and its key still work. */
    Optional<Session> find(String token) {
        return authenticator.session(token).toCompletableFuture().join();
    }

    /** Ends a session, in this process at once and in other replicas within a second. Ending again changes nothing. */
    void end(String token) {
        Optional<Session> session = find(token);
        if (session.isEmpty()) {
            return;
        }
        Session ending = session.get();
        store.writeAndWait(tx -> {
            sql.delete(tx, new SessionToken(token).hash());
            record(tx, ending.caller(), "session.ended", ending.id(), ending.keyId());
            tx.afterCommit(authenticator::forgetAll);
            return ending.id();
        });
    }

    private void record(Tx tx, Caller by, String kind, String session, String keyId) {
        ledger.append(
                tx,
                new LedgerEntry(by, kind, "session/" + session, Json.object().put("key", keyId)));
    }
}
