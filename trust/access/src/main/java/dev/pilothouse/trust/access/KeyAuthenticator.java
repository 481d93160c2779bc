package dev.pilothouse.trust.access;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Authenticator;
import dev.pilothouse.platform.store.Store;
import java.net.InetAddress;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers who sent a key. What it knows of a key is at most {@link #MEMORY} old, so that a revocation in another replica
 * takes effect within that time; in this process {@link Access} makes it forget at once. Times of last use are gathered
 * and written once a minute. Thread-safe; never blocks.
 */
public final class KeyAuthenticator implements Authenticator, AutoCloseable {
    /** How long an answer is kept. */
    public static final Duration MEMORY = Duration.ofSeconds(1);

    private static final Logger log = LoggerFactory.getLogger(KeyAuthenticator.class);
    private static final int REMEMBERED = 100_000;
    private static final long FLUSH_SECONDS = 60;

    private final Store store;
    private final SqlAccessStore sql = new SqlAccessStore();
    private final SqlSessions sqlSessions = new SqlSessions();
    private final FailedLogins failures;
    private final AccessConfig config;
    private final InstantSource clock;
    private final AsyncCache<Digest, Optional<Known>> answers = Caffeine.newBuilder()
            .maximumSize(REMEMBERED)
            .expireAfterWrite(MEMORY)
            .buildAsync();
    private final AsyncCache<Digest, Optional<KnownSession>> sessions = Caffeine.newBuilder()
            .maximumSize(REMEMBERED)
            .expireAfterWrite(MEMORY)
            .buildAsync();
    private final ConcurrentHashMap<String, Long> lastUsed = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Digest, Long> lastSeen = new ConcurrentHashMap<>();
    private final ScheduledExecutorService flusher = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("access-last-used").factory());

    /** A key that works, and for whom. */
    private record Known(ApiKey key, Caller caller) {}

    /** A session that works, and the key it stands on. */
    private record KnownSession(SqlSessions.Row row, Known known) {}

    /**
     * Answers from a store that was opened with {@link Access#MIGRATIONS}. Close it before the store.
     *
     * @param failures counts the keys that do not work
     */
    public KeyAuthenticator(Store store, FailedLogins failures, AccessConfig config, InstantSource clock) {
        this.store = store;
        this.failures = failures;
        this.config = config;
        this.clock = clock;
        var _ = flusher.scheduleWithFixedDelay(this::flush, FLUSH_SECONDS, FLUSH_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public CompletionStage<Optional<Caller>> authenticate(String key) {
        Optional<KeyText> text = KeyText.parse(key);
        return text.isEmpty()
                ? CompletableFuture.completedFuture(Optional.empty())
                : known(text.get().id(), text.get().hash()).thenApply(found -> found.map(this::used));
    }

    @Override
    public CompletionStage<Optional<Admission>> admit(String key, InetAddress from) {
        Optional<KeyText> text = KeyText.parse(key);
        Optional<Digest> hash = text.map(KeyText::hash);
        PilothouseException waits = failures.refusal(from, hash);
        if (waits != null) {
            return CompletableFuture.failedFuture(waits);
        }
        if (text.isEmpty() || hash.isEmpty()) {
            failures.failed(from);
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return known(text.get().id(), hash.get()).thenApply(found -> {
            if (found.isPresent()) {
                failures.worked(from, hash.get());
                return Optional.of(
                        new Admission(used(found.get()), expiring(found.get().key())));
            }
            PilothouseException tooMany =
                    failures.failed(from, Optional.of(text.get().id()));
            if (tooMany != null) {
                throw tooMany;
            }
            return Optional.empty();
        });
    }

    private CompletableFuture<Optional<Known>> known(String id, Digest hash) {
        return answers.get(
                        hash,
                        (_, _) -> store.readAsync(tx -> sql.stored(tx, id).flatMap(stored -> check(stored, hash))))
                .thenApply(found -> found.filter(known -> known.key().worksAt(clock.instant())));
    }

    /** When a key ends, where that is near. */
    Optional<Instant> expiring(ApiKey key) {
        return key.expiresAt()
                .filter(end ->
                        clock.instant().isAfter(end.minus(config.warning(Duration.between(key.createdAt(), end)))));
    }

    @Override
    public CompletionStage<Optional<Caller>> authenticateSession(String token) {
        return session(token).thenApply(found -> found.map(Session::caller));
    }

    /** The session of a token, which counts as used by this; empty where there is none or its key works no longer. */
    CompletionStage<Optional<Session>> session(String token) {
        Optional<SessionToken> text = SessionToken.parse(token);
        if (text.isEmpty()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        Digest hash = text.get().hash();
        return sessions.get(
                        hash,
                        (_, _) -> store.readAsync(tx -> sqlSessions
                                .find(tx, hash)
                                .flatMap(row -> sql.stored(tx, row.keyId())
                                        .flatMap(this::check)
                                        .map(known -> new KnownSession(row, known)))))
                .thenApply(found -> found.filter(
                                known -> known.row().expiresAt().isAfter(clock.instant())
                                        && known.known().key().worksAt(clock.instant()))
                        .map(known -> seen(hash, known)));
    }

    private Session seen(Digest hash, KnownSession known) {
        lastSeen.put(hash, clock.millis());
        return new Session(
                known.row().id(),
                known.row().keyId(),
                used(known.known()),
                clock.instant().plus(Sessions.LIFE),
                expiring(known.known().key()));
    }

    private Optional<Known> check(SqlAccessStore.StoredKey stored, Digest hash) {
        return MessageDigest.isEqual(stored.hash().bytes(), hash.bytes()) ? check(stored) : Optional.empty();
    }

    private Optional<Known> check(SqlAccessStore.StoredKey stored) {
        Instant now = clock.instant();
        Principal principal = stored.principal();
        if (!stored.key().worksAt(now) || !principal.active()) {
            return Optional.empty();
        }
        Set<Role> roles = new HashSet<>(stored.key().roles());
        roles.removeIf(role -> !principal.holds(role));
        return Optional.of(new Known(
                stored.key(),
                new Caller(
                        principal.tenant(),
                        principal.id(),
                        principal.name(),
                        principal.kind(),
                        roles,
                        stored.key().id(),
                        stored.units())));
    }

    private Caller used(Known known) {
        lastUsed.put(known.key().id(), clock.millis());
        return known.caller();
    }

    /** Asks the store again for every key and session; called when a key, a session or a principal changed. */
    void forgetAll() {
        answers.synchronous().invalidateAll();
        sessions.synchronous().invalidateAll();
    }

    /** Writes the gathered times of last use. */
    void flush() {
        try {
            Map<String, Long> keys = taken(lastUsed);
            Map<Digest, Long> browsers = taken(lastSeen);
            if (!keys.isEmpty() || !browsers.isEmpty()) {
                touch(keys, browsers);
            }
        } catch (RuntimeException e) {
            log.warn("Times of last use were not written; the next minute's will be", e);
        }
    }

    private static <K> Map<K, Long> taken(Map<K, Long> gathering) {
        var gathered = new HashMap<K, Long>();
        for (K id : Set.copyOf(gathering.keySet())) {
            Long at = gathering.remove(id);
            if (at != null) {
                gathered.put(id, at);
            }
        }
        return gathered;
    }

    private void touch(Map<String, Long> keys, Map<Digest, Long> browsers) {
        store.writeAndWait(tx -> {
            sql.touch(tx, keys);
            sqlSessions.touch(tx, browsers, Sessions.LIFE);
            return keys.size();
        });
    }

    /** Writes what was gathered. */
    @Override
    public void close() {
        flusher.shutdown();
        flush();
    }
}
