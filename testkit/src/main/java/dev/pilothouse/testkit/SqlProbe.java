package dev.pilothouse.testkit;

import dev.pilothouse.platform.store.Tx;

/** The contract's own table. */
final class SqlProbe {
    private SqlProbe() {}

    static int insert(Tx tx, String id, long n) {
        return tx.sql()
                .createUpdate("INSERT INTO probe_row (tenant, id, n) VALUES ('t', :id, :n)")
                .bind("id", id)
                .bind("n", n)
                .execute();
    }

    static int increment(Tx tx, String id) {
        return tx.sql()
                .createUpdate("UPDATE probe_row SET n = n + 1 WHERE tenant = 't' AND id = :id")
                .bind("id", id)
                .execute();
    }

    static long count(Tx tx) {
        return tx.sql()
                .createQuery("SELECT count(*) FROM probe_row")
                .map((rs, _) -> rs.getLong(1))
                .one();
    }

    static long value(Tx tx, String id) {
        return tx.sql()
                .createQuery("SELECT n FROM probe_row WHERE tenant = 't' AND id = :id")
                .bind("id", id)
                .map((rs, _) -> rs.getLong(1))
                .one();
    }

    static long all(Tx tx) {
        return tx.sql()
                .createQuery("SELECT tenant, id, n FROM probe_row")
                .map((rs, _) -> rs.getString(2).length() + rs.getLong(3))
                .list()
                .size();
    }

    /** Makes SQLite's file as full as a disk can be, in this connection. */
    static int limitPages(Tx tx, int more) {
        int pages = tx.sql()
                .createQuery("PRAGMA page_count")
                .map((rs, _) -> rs.getInt(1))
                .one();
        return tx.sql()
                .createQuery("PRAGMA max_page_count = " + (pages + more))
                .map((rs, _) -> rs.getInt(1))
                .one();
    }

    /** Writes more than a limited file holds. */
    static int fill(Tx tx) {
        return insert(tx, "x".repeat(1_000_000), 1);
    }

    /** Makes the history look as if a newer program had run its migration here. */
    static int pretendNewer(Tx tx) {
        return tx.sql().createUpdate("""
                                INSERT INTO probe_flyway (installed_rank, version, description, type, script, checksum,
                                    installed_by, installed_on, execution_time, success)
                                VALUES (99, '7', 'later', 'SQL', 'V7__later.sql', 1, 'test', '2026-01-01 00:00:00', 1,
                                    TRUE)""").execute()
                + tx.sql()
                        .createUpdate("UPDATE store_meta SET content = 'newer' WHERE name = 'migrations/probe'")
                        .execute();
    }
}
