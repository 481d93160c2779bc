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
        return tx.sql().createQuery("SELECT count(*) FROM probe_row").map((rs, _) -> rs.getLong(1)).one();
    }

    static long value(Tx tx, String id) {
        return tx.sql()
                .createQuery("SELECT n FROM probe_row WHERE tenant = 't' AND id = :id")
                .bind("id", id)
                .map((rs, _) -> rs.getLong(1))
                .one();
    }
}
