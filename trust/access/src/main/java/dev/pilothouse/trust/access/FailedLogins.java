package dev.pilothouse.trust.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Slows down whoever tries keys or invitations that do not work. An address that sent too many within a pause waits for
 * one; a key that worked from there before goes on working, so that one program with an old key does not lock its
 * neighbours out. Wrong secrets for one key's id are counted from all addresses together and then refused in the same way,
 * but the right one is let in wherever it comes from, so that nobody can lock an owner out.
 *
 * <p>IPv6 addresses count by their first 64 bits, which one household has. What is kept is bounded; under a flood of
 * addresses the oldest are forgotten. Thread-safe; never blocks.
 */
public final class FailedLogins {
    private static final Logger log = LoggerFactory.getLogger(FailedLogins.class);
    private static final int REMEMBERED = 20_000;
    private static final int PROVEN = 100_000;
    /** Entries on the ledger in one pause, so that a flood of addresses does not become a flood of entries. */
    private static final int ENTRIES = 20;

    private final Store store;
    private final Ledger ledger;
    private final AccessConfig config;
    private final InstantSource clock;
    private final Cache<InetAddress, Tally> addresses =
            Caffeine.newBuilder().maximumSize(REMEMBERED).build();
    private final Cache<String, Tally> keys =
            Caffeine.newBuilder().maximumSize(REMEMBERED).build();
    private final Cache<Proof, Boolean> proven = Caffeine.newBuilder()
            .maximumSize(PROVEN)
            .expireAfterAccess(Duration.ofHours(1))
            .build();
    private final Tally entries = new Tally();

    /** Counts for a store that was opened with {@link Access#MIGRATIONS}. */
    public FailedLogins(Store store, Ledger ledger, AccessConfig config, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.config = config;
        this.clock = clock;
    }

    /** A key that worked from an address. */
    private record Proof(InetAddress from, Digest key) {}

    /** Failures since a moment. A clock that jumps back begins anew. */
    private static final class Tally {
        private long since;
        private int count;
        private boolean told;

        /** Counts one; whether this is the first beyond the limit. */
        synchronized boolean add(long now, long window, int limit) {
            renew(now, window);
            count++;
            boolean begins = count >= limit && !told;
            if (begins) {
                told = true;
                since = now;
            }
            return begins;
        }

        /** How long whoever went beyond the limit must still wait; 0 where nobody must. */
        synchronized long wait(long now, long window) {
            renew(now, window);
            return told ? since + window - now : 0;
        }

        private void renew(long now, long window) {
            if (now - since >= window || now < since) {
                since = now;
                count = 0;
                told = false;
            }
        }
    }

    /**
     * Refuses an address that must wait.
     *
     * @param key the key that it brings, where that has a key's form
     * @return the refusal, TOO_MANY_REQUESTS; null where it may go on
     */
    @Nullable
    PilothouseException refusal(InetAddress from, Optional<Digest> key) {
        InetAddress place = place(from);
        Tally tally = addresses.getIfPresent(place);
        if (tally == null) {
            return null;
        }
        long wait = tally.wait(clock.millis(), config.pause().toMillis());
        return wait <= 0 || key.filter(digest -> isProven(place, digest)).isPresent() ? null : tooMany(wait);
    }

    /**
     * As {@link #refusal}, for secrets other than keys.
     *
     * @throws PilothouseException TOO_MANY_REQUESTS
     */
    public void check(InetAddress from) {
        PilothouseException refusal = refusal(from, Optional.empty());
        if (refusal != null) {
            throw refusal;
        }
    }

    /** A key worked. */
    void worked(InetAddress from, Digest key) {
        InetAddress place = place(from);
        if (!isProven(place, key)) {
            proven.put(new Proof(place, key), true);
        }
    }

    /** A secret that is no key did not work. */
    public void failed(InetAddress from) {
        var _ = failed(from, Optional.empty());
    }

    /**
     * A key did not work.
     *
     * @param keyId id of the key that it pretends to be, where it has a key's form
     * @return the refusal where too many were tried for that id; null where it is unknown and no more
     */
    @Nullable
    PilothouseException failed(InetAddress from, Optional<String> keyId) {
        long now = clock.millis();
        long window = config.pause().toMillis();
        InetAddress place = place(from);
        if (addresses.get(place, _ -> new Tally()).add(now, window, config.wrongKeys())) {
            tell(now, window, "address", from, Optional.empty());
        }
        if (keyId.isEmpty()) {
            return null;
        }
        Tally tally = keys.get(keyId.get(), _ -> new Tally());
        if (tally.add(now, window, config.wrongKeys())) {
            tell(now, window, "key", from, keyId);
        }
        long wait = tally.wait(now, window);
        return wait > 0 ? tooMany(wait) : null;
    }

    private boolean isProven(InetAddress place, Digest key) {
        return proven.getIfPresent(new Proof(place, key)) != null;
    }

    /** Puts on the ledger that someone must wait: on that of the key's organisation, else on that of the first. */
    private void tell(long now, long window, String what, InetAddress from, Optional<String> keyId) {
        log.warn("Too many wrong keys for one {}, the last from {}", what, from.getHostAddress());
        if (entries.add(now, window, ENTRIES) || entries.wait(now, window) > 0) {
            return;
        }
        var _ = store.write(tx -> {
                    String tenant = keyId.flatMap(id -> new SqlAccessStore().stored(tx, id))
                            .map(found -> found.key().tenant())
                            .orElse(Access.FIRST_ORGANISATION);
                    ledger.append(
                            tx,
                            new LedgerEntry(
                                    Caller.system(tenant, "access"),
                                    "login.throttled",
                                    keyId.map(id -> "key/" + id).orElse("logins"),
                                    Json.object()
                                            .put("for", what)
                                            .put("lastAddress", from.getHostAddress())
                                            .put("wrongKeys", config.wrongKeys())
                                            .put("waitSeconds", config.pause().toSeconds())));
                    return tenant;
                })
                .whenComplete((_, failure) -> {
                    if (failure != null) {
                        log.warn("That an address must wait could not be put on the ledger", failure);
                    }
                });
    }

    private static PilothouseException tooMany(long wait) {
        return CommonError.TOO_MANY_REQUESTS
                .because("Too many keys that do not work were sent. Check the key, then try again in "
                        + Math.max(1, (wait + 999) / 1000) + " s.")
                .retryIn(Duration.ofMillis(wait));
    }

    /** What counts as one place. */
    private static InetAddress place(InetAddress from) {
        if (!(from instanceof Inet6Address)) {
            return from;
        }
        byte[] bytes = from.getAddress();
        Arrays.fill(bytes, 8, bytes.length, (byte) 0);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("16 bytes are an address", e);
        }
    }
}
