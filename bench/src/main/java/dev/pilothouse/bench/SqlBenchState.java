package dev.pilothouse.bench;

import dev.pilothouse.platform.store.Tx;

/** A state row like those that capabilities write. */
final class SqlBenchState {
    private SqlBenchState() {}

    static void insert(Tx tx, String tenant, String id, String state, long at) {
        tx.sql().execute("INSERT INTO bench_state (tenant, id, state, at) VALUES (?, ?, ?, ?)", tenant, id, state, at);
    }

    static long count(Tx tx) {
        return tx.sql()
                .select("SELECT COUNT(*) FROM bench_state")
                .mapTo(Long.class)
                .one();
    }
}
