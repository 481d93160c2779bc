package dev.pilothouse.pay.usage;

import dev.pilothouse.platform.store.Tx;

/** Which parts of logs are on the ledger. Stateless. */
final class SqlUsageParts {
    private SqlUsageParts() {}

    /** Notes a part; false where it was noted before. */
    static boolean isFirst(Tx tx, String log, long segment) {
        return tx.sql()
                        .createUpdate("""
                        INSERT INTO usage_part (log, segment) VALUES (:log, :segment)
                        ON CONFLICT (log, segment) DO NOTHING
                        """)
                        .bind("log", log)
                        .bind("segment", segment)
                        .execute()
                > 0;
    }
}
