package dev.pilothouse.platform.notify;

import dev.pilothouse.platform.store.Tx;
import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Deliveries as rows. Stateless. */
final class SqlDeliveryStore {
    private static final String SELECT = """
            SELECT tenant, id, channel, url, type, subject, body, state, attempts, outcome, created_at, next_at, finished_at
            FROM notify_delivery
            """;

    void insert(Tx tx, Delivery delivery) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO notify_delivery (tenant, id, channel, url, type, subject, body, state, attempts,
                                                     outcome, created_at, next_at, finished_at)
                        VALUES (:tenant, :id, :channel, :url, :type, :subject, :body, :state, :attempts, :outcome, :createdAt, :nextAt,
                                :finishedAt)
                        """)
                .bind("tenant", delivery.tenant())
                .bind("id", delivery.id())
                .bind("channel", delivery.form().label())
                .bind("url", delivery.url().toString())
                .bind("type", delivery.type())
                .bind("subject", delivery.subject())
                .bind("body", delivery.body())
                .bind("state", delivery.state().label())
                .bind("attempts", delivery.attempts())
                .bind("outcome", delivery.outcome())
                .bind("createdAt", delivery.createdAt().toEpochMilli())
                .bind("nextAt", millis(delivery.nextAt()))
                .bind("finishedAt", millis(delivery.finishedAt()))
                .execute();
    }

    void update(Tx tx, Delivery delivery) {
        tx.sql()
                .createUpdate("""
                        UPDATE notify_delivery
                        SET state = :state, attempts = :attempts, outcome = :outcome, next_at = :nextAt,
                            finished_at = :finishedAt
                        WHERE tenant = :tenant AND id = :id
                        """)
                .bind("state", delivery.state().label())
                .bind("attempts", delivery.attempts())
                .bind("outcome", delivery.outcome())
                .bind("nextAt", millis(delivery.nextAt()))
                .bind("finishedAt", millis(delivery.finishedAt()))
                .bind("tenant", delivery.tenant())
                .bind("id", delivery.id())
                .execute();
    }

    Optional<Delivery> find(Tx tx, String tenant, String id) {
        return tx.sql()
                .createQuery(SELECT + "WHERE tenant = :tenant AND id = :id")
                .bind("tenant", tenant)
                .bind("id", id)
                .map((row, _) -> delivery(row))
                .findOne();
    }

    List<Delivery> list(Tx tx, String tenant, Optional<Delivery.State> state, String before, int limit) {
        return tx.sql()
                .createQuery(SELECT + """
                        WHERE tenant = :tenant AND (:state = '' OR state = :state) AND (:before = '' OR id < :before)
                        ORDER BY id DESC LIMIT :limit
                        """)
                .bind("tenant", tenant)
                .bind("state", state.map(Delivery.State::label).orElse(""))
                .bind("before", before)
                .bind("limit", limit)
                .map((row, _) -> delivery(row))
                .list();
    }

    /** Deliveries about a subject whose last attempt failed. */
    List<Delivery> troubles(Tx tx, String tenant, String subject, int limit) {
        return tx.sql()
                .createQuery(SELECT + """
                        WHERE tenant = :tenant AND subject = :subject
                          AND (state = 'dead' OR (state = 'pending' AND attempts > 0))
                        ORDER BY id DESC LIMIT :limit
                        """)
                .bind("tenant", tenant)
                .bind("subject", subject)
                .bind("limit", limit)
                .map((row, _) -> delivery(row))
                .list();
    }

    /** Removes what was finished before a time. */
    void forget(Tx tx, Instant before) {
        for (Delivery.State state : List.of(Delivery.State.DELIVERED, Delivery.State.DEAD)) {
            tx.sql()
                    .createUpdate("DELETE FROM notify_delivery WHERE state = :state AND finished_at < :before")
                    .bind("state", state.label())
                    .bind("before", before.toEpochMilli())
                    .execute();
        }
    }

    private static Delivery delivery(ResultSet row) throws SQLException {
        return new Delivery(
                row.getString("tenant"),
                row.getString("id"),
                Channel.Form.valueOf(row.getString("channel").toUpperCase(Locale.ROOT)),
                URI.create(row.getString("url")),
                row.getString("type"),
                row.getString("subject"),
                row.getString("body"),
                Delivery.State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
                row.getInt("attempts"),
                row.getString("outcome"),
                Instant.ofEpochMilli(row.getLong("created_at")),
                time(row.getLong("next_at")),
                time(row.getLong("finished_at")));
    }

    private static long millis(Optional<Instant> time) {
        return time.map(Instant::toEpochMilli).orElse(0L);
    }

    private static Optional<Instant> time(long millis) {
        return millis == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }
}
