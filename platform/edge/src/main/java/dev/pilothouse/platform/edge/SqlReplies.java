package dev.pilothouse.platform.edge;

import dev.pilothouse.platform.store.Tx;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Uses of idempotency keys in the store. Stateless. */
final class SqlReplies {
    private SqlReplies() {}

    /** One use of a key: the digest of who, which key and for what. */
    record Use(String tenant, String id) {}

    /** How far a use has come. */
    enum State {
        /** Under way; nothing is changed yet. */
        RUNNING,
        /** Under way; something is changed. */
        CHANGED,
        /** Answered. */
        ANSWERED;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    record Row(String body, State state, String owner, long at, Optional<byte[]> reply) {}

    static Optional<Row> find(Tx tx, Use use) {
        return tx.sql()
                .createQuery("SELECT body, state, owner, at, reply FROM edge_reply WHERE tenant = ? AND id = ?")
                .bind(0, use.tenant())
                .bind(1, use.id())
                .map((row, _) -> new Row(
                        row.getString(1),
                        State.valueOf(row.getString(2).toUpperCase(Locale.ROOT)),
                        row.getString(3),
                        row.getLong(4),
                        Optional.ofNullable(row.getBytes(5))))
                .findFirst();
    }

    /** Notes that a process begins, in the place of whatever was there. */
    static void begin(Tx tx, Use use, String body, String owner, long now) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO edge_reply (tenant, id, body, state, owner, at, reply)
                        VALUES (?, ?, ?, 'running', ?, ?, NULL)
                        ON CONFLICT (tenant, id) DO UPDATE SET body = excluded.body, state = excluded.state,
                            owner = excluded.owner, at = excluded.at, reply = NULL""")
                .bind(0, use.tenant())
                .bind(1, use.id())
                .bind(2, body)
                .bind(3, owner)
                .bind(4, now)
                .execute();
    }

    /** Notes that something changes; false where the use is another process's. */
    static boolean changed(Tx tx, Use use, String owner) {
        return to(tx, use, owner, State.CHANGED, null);
    }

    /** Keeps an answer, or only that there was one; false where the use is another process's. */
    static boolean answered(Tx tx, Use use, String owner, byte @Nullable [] reply) {
        return to(tx, use, owner, State.ANSWERED, reply);
    }

    private static boolean to(Tx tx, Use use, String owner, State state, byte @Nullable [] reply) {
        return tx.sql()
                        .createUpdate(
                                "UPDATE edge_reply SET state = ?, reply = ? WHERE tenant = ? AND id = ? AND owner = ?")
                        .bind(0, state.label())
                        .bind(1, reply)
                        .bind(2, use.tenant())
                        .bind(3, use.id())
                        .bind(4, owner)
                        .execute()
                > 0;
    }

    static int forget(Tx tx, Use use, String owner) {
        return tx.sql()
                .createUpdate("DELETE FROM edge_reply WHERE tenant = ? AND id = ? AND owner = ?")
                .bind(0, use.tenant())
                .bind(1, use.id())
                .bind(2, owner)
                .execute();
    }

    /** Deletes a tenant's uses from before a time, and the oldest beyond a number. */
    static int prune(Tx tx, String tenant, long before, int most) {
        return tx.sql()
                .createUpdate("""
                        DELETE FROM edge_reply WHERE tenant = :tenant AND (at < :before OR at < (
                            SELECT at FROM edge_reply WHERE tenant = :tenant ORDER BY at DESC LIMIT 1 OFFSET :most))""")
                .bind("tenant", tenant)
                .bind("before", before)
                .bind("most", most)
                .execute();
    }
}
