package dev.pilothouse.platform.replicas;

import dev.pilothouse.platform.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** Rows of leases, and the database's time. Stateless. */
final class SqlLeases {
    private SqlLeases() {}

    /**
     * A lease as it stands.
     *
     * @param owner empty where it is free
     * @param beat rises with each sign of life
     * @param ttl milliseconds without a sign of life after which it may be taken
     */
    record Row(String owner, long epoch, long beat, long ttl) {}

    static Optional<Row> find(Tx tx, String name) {
        return tx.sql()
                .createQuery("SELECT owner, epoch, beat, ttl FROM store_lease WHERE name = :name")
                .bind("name", name)
                .map((rs, _) -> new Row(rs.getString(1), rs.getLong(2), rs.getLong(3), rs.getLong(4)))
                .findFirst();
    }

    /** Makes a lease of epoch 1; false where there is one. */
    static boolean insert(Tx tx, String name, String owner, Duration ttl) {
        return tx.sql()
                        .createUpdate("""
                                INSERT INTO store_lease (name, owner, epoch, beat, ttl) VALUES (:name, :owner, 1, 0, :ttl)
                                ON CONFLICT (name) DO NOTHING""")
                        .bind("name", name)
                        .bind("owner", owner)
                        .bind("ttl", ttl.toMillis())
                        .execute()
                > 0;
    }

    /** Gives a lease to an owner with the next epoch; false where it is no longer as it was seen. */
    static boolean take(Tx tx, String name, Row seen, String owner, Duration ttl) {
        return tx.sql()
                        .createUpdate("""
                                UPDATE store_lease SET owner = :owner, epoch = epoch + 1, beat = beat + 1, ttl = :ttl
                                WHERE name = :name AND epoch = :epoch AND beat = :beat""")
                        .bind("owner", owner)
                        .bind("ttl", ttl.toMillis())
                        .bind("name", name)
                        .bind("epoch", seen.epoch())
                        .bind("beat", seen.beat())
                        .execute()
                > 0;
    }

    static boolean renew(Tx tx, Lease lease, Duration ttl) {
        return tx.sql()
                        .createUpdate(
                                "UPDATE store_lease SET beat = beat + 1, ttl = :ttl WHERE name = :name AND epoch = :epoch")
                        .bind("ttl", ttl.toMillis())
                        .bind("name", lease.name())
                        .bind("epoch", lease.epoch())
                        .execute()
                > 0;
    }

    static void release(Tx tx, Lease lease) {
        tx.sql()
                .createUpdate("""
                        UPDATE store_lease SET owner = '', epoch = epoch + 1 WHERE name = :name AND epoch = :epoch""")
                .bind("name", lease.name())
                .bind("epoch", lease.epoch())
                .execute();
    }

    static void remove(Tx tx, Lease lease) {
        tx.sql()
                .createUpdate("DELETE FROM store_lease WHERE name = :name AND epoch = :epoch")
                .bind("name", lease.name())
                .bind("epoch", lease.epoch())
                .execute();
    }

    static boolean holds(Tx tx, Lease lease) {
        return tx.sql()
                .createQuery("SELECT 1 FROM store_lease WHERE name = :name AND epoch = :epoch")
                .bind("name", lease.name())
                .bind("epoch", lease.epoch())
                .map((rs, _) -> rs.getInt(1))
                .findFirst()
                .isPresent();
    }

    /** The time of the database server. */
    static Instant now(Tx tx) {
        long micros = tx.sql()
                .createQuery("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)")
                .mapTo(Long.class)
                .one();
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }
}
