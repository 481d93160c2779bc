package dev.pilothouse.trust.ledger;

import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.transparency.Tile;
import dev.pilothouse.trust.transparency.TreeHasher;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The ledger's own tables: tenant keys, tiles and heads. Stateless. */
final class SqlLedgerStore {
    /** The present head as stored. */
    record Head(long size, String note) {}

    Optional<byte[]> tenantKey(Tx tx, String tenant) {
        return tx.sql()
                .createQuery("SELECT wrapped FROM ledger_tenant_key WHERE tenant = :tenant")
                .bind("tenant", tenant)
                .mapTo(byte[].class)
                .findOne();
    }

    void insertTenantKey(Tx tx, String tenant, byte[] wrapped, long now) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO ledger_tenant_key (tenant, wrapped, created_at) VALUES (:tenant, :wrapped, :now)
                        ON CONFLICT (tenant) DO NOTHING
                        """)
                .bind("tenant", tenant)
                .bind("wrapped", wrapped)
                .bind("now", now)
                .execute();
    }

    Optional<Head> head(Tx tx) {
        return tx.sql()
                .createQuery("SELECT size, note FROM ledger_head WHERE one = 1")
                .map((row, _) -> new Head(row.getLong(1), row.getString(2)))
                .findOne();
    }

    void putHead(Tx tx, Head head, long minute) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO ledger_head (one, size, note) VALUES (1, :size, :note)
                        ON CONFLICT (one) DO UPDATE SET size = excluded.size, note = excluded.note
                        """)
                .bind("size", head.size())
                .bind("note", head.note())
                .execute();
        tx.sql()
                .createUpdate("""
                        INSERT INTO ledger_checkpoint (minute, size, note) VALUES (:minute, :size, :note)
                        ON CONFLICT (minute) DO UPDATE SET size = excluded.size, note = excluded.note
                        """)
                .bind("minute", minute)
                .bind("size", head.size())
                .bind("note", head.note())
                .execute();
    }

    void putTiles(Tx tx, List<Tile> tiles) {
        for (Tile tile : tiles) {
            tx.sql()
                    .createUpdate("""
                            INSERT INTO ledger_tile (level, idx, hashes) VALUES (:level, :idx, :hashes)
                            ON CONFLICT (level, idx) DO UPDATE SET hashes = excluded.hashes
                            """)
                    .bind("level", tile.level())
                    .bind("idx", tile.index())
                    .bind("hashes", tile.hashes())
                    .execute();
        }
    }

    /**
     * The first hashes of a tile that must be there, or more of them.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link LedgerError#LEDGER_BROKEN} where there are fewer
     */
    byte[] hashes(Tx tx, int level, long index, int width) {
        byte[] stored = tile(tx, level, index);
        if (stored == null || stored.length < width * TreeHasher.HASH) {
            throw LedgerError.LEDGER_BROKEN.because("Tile " + level + "/" + index
                    + " of the ledger is missing from the store. Restore the store from a backup.");
        }
        return stored;
    }

    byte @Nullable [] tile(Tx tx, int level, long index) {
        return tx.sql()
                .createQuery("SELECT hashes FROM ledger_tile WHERE level = :level AND idx = :idx")
                .bind("level", level)
                .bind("idx", index)
                .mapTo(byte[].class)
                .findOne()
                .orElse(null);
    }
}
