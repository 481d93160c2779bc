package dev.pilothouse.run.cache;

import dev.pilothouse.platform.store.Tx;
import java.util.List;
import java.util.Optional;

/** Wishes that answers be dropped, as rows. Stateless. */
final class SqlClearings {
    /**
     * A wish.
     *
     * @param alias whose answers are meant; empty for those of all
     */
    record Clearing(String tenant, Optional<String> alias, long epoch) {}

    private SqlClearings() {}

    /** Those above an epoch, in their order. */
    static List<Clearing> above(Tx tx, long epoch) {
        return tx.sql()
                .createQuery("SELECT tenant, alias, epoch FROM cache_clearing WHERE epoch > :epoch ORDER BY epoch")
                .bind("epoch", epoch)
                .map((row, _) -> new Clearing(
                        row.getString("tenant"),
                        Optional.of(row.getString("alias")).filter(alias -> !alias.isEmpty()),
                        row.getLong("epoch")))
                .list();
    }

    /** The newest epoch; 0 where there is none. */
    static long newest(Tx tx) {
        return tx.sql()
                .createQuery("SELECT COALESCE(MAX(epoch), 0) FROM cache_clearing")
                .mapTo(Long.class)
                .one();
    }

    /** How many aliases of a tenant have a wish of their own. */
    static int aliases(Tx tx, String tenant) {
        return tx.sql()
                .createQuery("SELECT COUNT(*) FROM cache_clearing WHERE tenant = :tenant AND alias <> ''")
                .bind("tenant", tenant)
                .mapTo(Integer.class)
                .one();
    }

    /** Adds a wish under the next epoch; one for all aliases takes the place of those for each. */
    static void add(Tx tx, String tenant, Optional<String> alias) {
        long epoch = newest(tx) + 1;
        if (alias.isEmpty()) {
            tx.sql()
                    .createUpdate("DELETE FROM cache_clearing WHERE tenant = :tenant")
                    .bind("tenant", tenant)
                    .execute();
        }
        tx.sql()
                .createUpdate("""
                        INSERT INTO cache_clearing (tenant, alias, epoch) VALUES (:tenant, :alias, :epoch)
                        ON CONFLICT (tenant, alias) DO UPDATE SET epoch = excluded.epoch
                        """)
                .bind("tenant", tenant)
                .bind("alias", alias.orElse(""))
                .bind("epoch", epoch)
                .execute();
    }
}
