package dev.pilothouse.pay.breaker;

import dev.pilothouse.platform.store.Tx;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.mapper.RowMapper;

/** Spend, latches and baselines as rows. Stateless. */
final class SqlBreakerStore {
    private static final String LATCH = """
            SELECT tenant, agent, number, since, paused_by, why, burn, predicted, level, resumed_at, resumed_by, resumed_why
            FROM breaker_latch
            """;

    private static final RowMapper<Latch> LATCHES = (row, _) -> {
        long resumedAt = row.getLong("resumed_at");
        Optional<Latch.Resumed> resumed = row.wasNull()
                ? Optional.empty()
                : Optional.of(new Latch.Resumed(
                        Instant.ofEpochMilli(resumedAt), row.getString("resumed_by"), row.getString("resumed_why")));
        return new Latch(
                row.getString("tenant"),
                row.getString("agent"),
                row.getLong("number"),
                Instant.ofEpochMilli(row.getLong("since")),
                row.getString("paused_by"),
                row.getString("why"),
                row.getLong("burn"),
                row.getLong("predicted"),
                row.getLong("level"),
                resumed);
    };

    private static final String LEARNT = """
            SELECT b.tenant, b.agent, b.learnt, l.lesson
            FROM breaker_baseline b LEFT JOIN breaker_lesson l ON l.tenant = b.tenant AND l.agent = b.agent
            """;

    private static final RowMapper<Learnt> BASELINES = (row, _) -> new Learnt(
            row.getString("tenant"),
            row.getString("agent"),
            row.getBytes("learnt"),
            Optional.ofNullable(row.getBytes("lesson")));

    /** A burn that a person took for usual. */
    record Accepted(String tenant, String agent, long nanoUsdPerMinute) {}

    /** What is stored of an agent's baseline. */
    record Learnt(String tenant, String agent, byte[] baseline, Optional<byte[]> lesson) {}

    private SqlBreakerStore() {}

    static void tell(Tx tx, List<SpendRow> rows) {
        if (rows.isEmpty()) {
            return;
        }
        var batch = tx.sql().prepareBatch("""
                INSERT INTO breaker_spend (server, tenant, agent, spent, calls, dearest, in_flight, dearest_in_flight)
                VALUES (:server, :tenant, :agent, :spent, :calls, :dearest, :inFlight, :dearestInFlight)
                ON CONFLICT (server, tenant, agent) DO UPDATE
                SET spent = excluded.spent, calls = excluded.calls, dearest = excluded.dearest,
                  in_flight = excluded.in_flight, dearest_in_flight = excluded.dearest_in_flight
                """);
        for (SpendRow row : rows) {
            batch.bind("server", row.server())
                    .bind("tenant", row.tenant())
                    .bind("agent", row.agent())
                    .bind("spent", row.spent())
                    .bind("calls", row.calls())
                    .bind("dearest", row.dearest())
                    .bind("inFlight", row.inFlight())
                    .bind("dearestInFlight", row.dearestInFlight())
                    .add();
        }
        batch.execute();
    }

    static void untell(Tx tx, String server, String tenant, String agent) {
        tx.sql()
                .createUpdate("""
                        DELETE FROM breaker_spend WHERE server = :server AND tenant = :tenant AND agent = :agent
                        """)
                .bind("server", server)
                .bind("tenant", tenant)
                .bind("agent", agent)
                .execute();
    }

    static void untell(Tx tx, String server) {
        tx.sql()
                .createUpdate("DELETE FROM breaker_spend WHERE server = :server")
                .bind("server", server)
                .execute();
    }

    /** Takes it that no call of a server is under way. */
    static void land(Tx tx, String server) {
        tx.sql().createUpdate("""
                        UPDATE breaker_spend SET in_flight = 0, dearest_in_flight = 0
                        WHERE server = :server AND in_flight > 0
                        """).bind("server", server).execute();
    }

    /** What all other servers tell. */
    static List<SpendRow> told(Tx tx, String server) {
        return tx.sql()
                .createQuery("""
                        SELECT server, tenant, agent, spent, calls, dearest, in_flight, dearest_in_flight
                        FROM breaker_spend WHERE server <> :server
                        """)
                .bind("server", server)
                .map((row, _) -> new SpendRow(
                        row.getString("server"),
                        row.getString("tenant"),
                        row.getString("agent"),
                        row.getLong("spent"),
                        row.getLong("calls"),
                        row.getLong("dearest"),
                        row.getLong("in_flight"),
                        row.getLong("dearest_in_flight")))
                .list();
    }

    /** All latches that hold. */
    static List<Latch> open(Tx tx) {
        return tx.sql()
                .createQuery(LATCH + "WHERE resumed_at IS NULL")
                .map(LATCHES)
                .list();
    }

    /** The latch of an agent that holds. */
    static Optional<Latch> open(Tx tx, String tenant, String agent) {
        return tx.sql()
                .createQuery(LATCH + "WHERE tenant = :tenant AND agent = :agent AND resumed_at IS NULL")
                .bind("tenant", tenant)
                .bind("agent", agent)
                .map(LATCHES)
                .findOne();
    }

    /** An agent's latches, the newest first. */
    static List<Latch> latches(Tx tx, String tenant, String agent, int limit) {
        return tx.sql()
                .createQuery(LATCH + "WHERE tenant = :tenant AND agent = :agent ORDER BY number DESC LIMIT :limit")
                .bind("tenant", tenant)
                .bind("agent", agent)
                .bind("limit", limit)
                .map(LATCHES)
                .list();
    }

    /** Writes a latch unless one holds, with the next number; empty where another server was first. */
    static Optional<Latch> insert(Tx tx, Latch latch) {
        long number = tx.sql()
                        .createQuery("""
                                SELECT COALESCE(MAX(number), 0) FROM breaker_latch
                                WHERE tenant = :tenant AND agent = :agent
                                """)
                        .bind("tenant", latch.tenant())
                        .bind("agent", latch.agent())
                        .mapTo(Long.class)
                        .one()
                + 1;
        int rows = tx.sql()
                .createUpdate("""
                        INSERT INTO breaker_latch (tenant, agent, number, since, paused_by, why, burn, predicted, level,
                          accepted, accepted_until)
                        VALUES (:tenant, :agent, :number, :since, :by, :why, :burn, :predicted, :level, 0, 0)
                        ON CONFLICT DO NOTHING
                        """)
                .bind("tenant", latch.tenant())
                .bind("agent", latch.agent())
                .bind("number", number)
                .bind("since", latch.since().toEpochMilli())
                .bind("by", latch.pausedBy())
                .bind("why", latch.why())
                .bind("burn", latch.burnNanoUsdPerMinute())
                .bind("predicted", latch.predictedNanoUsdPerMinute())
                .bind("level", latch.levelNanoUsdPerMinute())
                .execute();
        return rows == 0 ? Optional.empty() : Optional.of(latch.numbered(number));
    }

    /** Ends a latch that holds; false where it does not. */
    static boolean resume(Tx tx, Latch latch, Latch.Resumed resumed, long accepted, Instant acceptedUntil) {
        return tx.sql()
                        .createUpdate("""
                                UPDATE breaker_latch SET resumed_at = :at, resumed_by = :by, resumed_why = :why,
                                  accepted = :accepted, accepted_until = :until
                                WHERE tenant = :tenant AND agent = :agent AND number = :number AND resumed_at IS NULL
                                """)
                        .bind("at", resumed.at().toEpochMilli())
                        .bind("by", resumed.by())
                        .bind("why", resumed.why())
                        .bind("accepted", accepted)
                        .bind("until", accepted == 0 ? 0 : acceptedUntil.toEpochMilli())
                        .bind("tenant", latch.tenant())
                        .bind("agent", latch.agent())
                        .bind("number", latch.number())
                        .execute()
                > 0;
    }

    /** Burns that people took for usual and that still count. */
    static List<Accepted> accepted(Tx tx, Instant now) {
        return tx.sql()
                .createQuery("""
                        SELECT tenant, agent, MAX(accepted) AS accepted FROM breaker_latch
                        WHERE accepted_until > :now GROUP BY tenant, agent
                        """)
                .bind("now", now.toEpochMilli())
                .map((row, _) -> new Accepted(row.getString("tenant"), row.getString("agent"), row.getLong("accepted")))
                .list();
    }

    /** Keeps what a server saw before a latch; what it kept before stays. */
    static void trace(Tx tx, Latch latch, String server, String calls) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO breaker_trace (tenant, agent, number, server, calls)
                        VALUES (:tenant, :agent, :number, :server, :calls)
                        ON CONFLICT (tenant, agent, number, server) DO NOTHING
                        """)
                .bind("tenant", latch.tenant())
                .bind("agent", latch.agent())
                .bind("number", latch.number())
                .bind("server", server)
                .bind("calls", calls)
                .execute();
    }

    /** What all servers saw before a latch. */
    static List<String> traces(Tx tx, String tenant, String agent, long number) {
        return tx.sql()
                .createQuery("""
                        SELECT calls FROM breaker_trace
                        WHERE tenant = :tenant AND agent = :agent AND number = :number ORDER BY server
                        """)
                .bind("tenant", tenant)
                .bind("agent", agent)
                .bind("number", number)
                .mapTo(String.class)
                .list();
    }

    static void learnt(Tx tx, String tenant, String agent, byte[] baseline, Instant now) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO breaker_baseline (tenant, agent, learnt, changed_at)
                        VALUES (:tenant, :agent, :learnt, :now)
                        ON CONFLICT (tenant, agent) DO UPDATE
                        SET learnt = excluded.learnt, changed_at = excluded.changed_at
                        """)
                .bind("tenant", tenant)
                .bind("agent", agent)
                .bind("learnt", baseline)
                .bind("now", now.toEpochMilli())
                .execute();
    }

    static void lesson(Tx tx, String tenant, String agent, byte[] lesson) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO breaker_lesson (tenant, agent, lesson) VALUES (:tenant, :agent, :lesson)
                        ON CONFLICT (tenant, agent) DO UPDATE SET lesson = excluded.lesson
                        """)
                .bind("tenant", tenant)
                .bind("agent", agent)
                .bind("lesson", lesson)
                .execute();
    }

    /** Stored baselines, those that changed last first. */
    static List<Learnt> learnt(Tx tx, int limit) {
        return tx.sql()
                .createQuery(LEARNT + "ORDER BY b.changed_at DESC LIMIT :limit")
                .bind("limit", limit)
                .map(BASELINES)
                .list();
    }

    /** The stored baseline of an agent. */
    static Optional<Learnt> learnt(Tx tx, String tenant, String agent) {
        return tx.sql()
                .createQuery(LEARNT + "WHERE b.tenant = :tenant AND b.agent = :agent")
                .bind("tenant", tenant)
                .bind("agent", agent)
                .map(BASELINES)
                .findOne();
    }

    /** How many baselines of a tenant are stored. */
    static long count(Tx tx, String tenant) {
        return tx.sql()
                .createQuery("SELECT COUNT(*) FROM breaker_baseline WHERE tenant = :tenant")
                .bind("tenant", tenant)
                .mapTo(Long.class)
                .one();
    }

    /** Forgets what agents usually spend that have not been seen since. */
    static void forget(Tx tx, Instant before) {
        tx.sql().createUpdate("""
                        DELETE FROM breaker_lesson WHERE EXISTS (SELECT 1 FROM breaker_baseline b
                        WHERE b.tenant = breaker_lesson.tenant AND b.agent = breaker_lesson.agent AND b.changed_at < :before)
                        """).bind("before", before.toEpochMilli()).execute();
        tx.sql()
                .createUpdate("DELETE FROM breaker_baseline WHERE changed_at < :before")
                .bind("before", before.toEpochMilli())
                .execute();
    }
}
