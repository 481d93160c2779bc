package dev.pilothouse.platform.edge;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.Reply.Body;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Accompanied;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Answers kept in the store, so that a request repeated after a crash or at another replica gets the first answer. Each
 * transaction of the request also marks its use of the key as one that has changed something: so a use whose process died
 * is either known to have changed nothing, and may be done again, or is not done again.
 */
final class StoredReplies implements IdempotentReplies {
    private static final Logger LOG = LoggerFactory.getLogger(StoredReplies.class);
    private static final String PURPOSE = "idempotent reply";
    /** A longer answer is not kept, only that there was one. */
    private static final int LONGEST = 256 << 10;

    private static final long BETWEEN_PRUNES_MILLIS = 60_000;

    private final Store store;
    private final Replica replica;
    private final Vault vault;
    private final InstantSource clock;
    private final Duration keep;
    private final int most;
    private final Set<SqlReplies.Use> underWay = ConcurrentHashMap.newKeySet();
    private final AtomicLong pruned = new AtomicLong(Long.MIN_VALUE / 2);

    StoredReplies(Store store, Replica replica, Vault vault, InstantSource clock, Duration keep, int most) {
        this.store = store;
        this.replica = replica;
        this.vault = vault;
        this.clock = clock;
        this.keep = keep;
        this.most = most;
    }

    private static SqlReplies.Use use(Key key) {
        // A character that no part can hold stands between them.
        String all = key.principal() + "\n" + key.key() + "\n" + key.operation();
        return new SqlReplies.Use(key.tenant(), Digest.of(all).hex());
    }

    @Override
    public Claim claim(Key key, Digest body) {
        SqlReplies.Use use = use(key);
        prune(key.tenant());
        Claim claim = store.writeAndWait(tx -> claim(tx, use, body));
        if (claim instanceof Claim.Fresh) {
            underWay.add(use);
        }
        return claim;
    }

    private Claim claim(Tx tx, SqlReplies.Use use, Digest body) {
        long now = clock.millis();
        Optional<SqlReplies.Row> found = SqlReplies.find(tx, use).filter(row -> now - row.at() < keep.toMillis());
        if (found.isEmpty()) {
            SqlReplies.begin(tx, use, body.hex(), replica.id(), now);
            return new Claim.Fresh();
        }
        SqlReplies.Row row = found.get();
        if (!row.body().equals(body.hex())) {
            return new Claim.OtherBody();
        }
        return switch (row.state()) {
            case ANSWERED ->
                row.reply()
                        .map(reply -> (Claim) new Claim.Answered(read(vault.open(reply, PURPOSE))))
                        .orElseGet(Claim.Unknown::new);
            case RUNNING, CHANGED -> {
                boolean runs =
                        row.owner().equals(replica.id()) ? underWay.contains(use) : !replica.isOver(tx, row.owner());
                if (runs) {
                    yield new Claim.Running();
                }
                if (row.state() == SqlReplies.State.CHANGED) {
                    yield new Claim.Unknown();
                }
                SqlReplies.begin(tx, use, body.hex(), replica.id(), now);
                yield new Claim.Fresh();
            }
        };
    }

    @Override
    public Reply run(Key key, Callable<Reply> work) throws Exception {
        SqlReplies.Use use = use(key);
        return Accompanied.call(
                tx -> {
                    if (!SqlReplies.changed(tx, use, replica.id())) {
                        throw CommonError.CONFLICT.because("Another replica took this request for lost and does it, "
                                + "since this one was held up for too long. Repeat it with the same Idempotency-Key.");
                    }
                },
                work);
    }

    @Override
    public void save(Key key, Reply reply) {
        SqlReplies.Use use = use(key);
        byte[] bytes =
                reply.body() instanceof Body.Bytes(byte[] body) && body.length <= LONGEST ? write(reply, body) : null;
        try {
            byte[] sealed = bytes == null ? null : vault.seal(bytes, PURPOSE);
            store.writeAndWait(tx -> SqlReplies.answered(tx, use, replica.id(), sealed));
        } catch (RuntimeException e) {
            // What was asked is done, so it is answered; repeated, it is told that the answer is not known.
            LOG.warn("The answer to a request with an Idempotency-Key could not be kept", e);
        } finally {
            underWay.remove(use);
        }
    }

    @Override
    public void forget(Key key) {
        SqlReplies.Use use = use(key);
        try {
            store.writeAndWait(tx -> SqlReplies.forget(tx, use, replica.id()));
        } catch (RuntimeException e) {
            LOG.debug("The use of an Idempotency-Key could not be forgotten", e);
        } finally {
            underWay.remove(use);
        }
    }

    private void prune(String tenant) {
        long now = clock.millis();
        long last = pruned.get();
        if (Math.abs(now - last) >= BETWEEN_PRUNES_MILLIS && pruned.compareAndSet(last, now)) {
            var _ = store.write(tx -> SqlReplies.prune(tx, tenant, now - keep.toMillis(), most));
        }
    }

    private static byte[] write(Reply reply, byte[] body) {
        var head = Json.object().put("status", reply.status());
        var headers = head.putObject("headers");
        reply.headers().forEach(headers::put);
        byte[] text = Json.bytes(head);
        return ByteBuffer.allocate(Integer.BYTES + text.length + body.length)
                .putInt(text.length)
                .put(text)
                .put(body)
                .array();
    }

    private static Reply read(byte[] bytes) {
        ByteBuffer all = ByteBuffer.wrap(bytes);
        byte[] text = new byte[all.getInt()];
        all.get(text);
        byte[] body = new byte[all.remaining()];
        all.get(body);
        JsonNode head = Json.parse(new String(text, StandardCharsets.UTF_8));
        Map<String, String> headers = new LinkedHashMap<>();
        head.path("headers")
                .properties()
                .forEach(h -> headers.put(h.getKey(), h.getValue().stringValue()));
        return new Reply(head.path("status").intValue(), headers, new Body.Bytes(body));
    }
}
