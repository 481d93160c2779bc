package dev.pilothouse.run.batches;

import dev.pilothouse.platform.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Files and batches as rows. Stateless. */
final class SqlBatches {
    private static final String FILE =
            "SELECT tenant, id, provider, document, requests, created_at FROM batches_file WHERE tenant = :tenant ";
    private static final String BATCH = """
            SELECT id, tenant, provider, provider_id, input_file, output_file, error_file, document, account, prices,
                   price_version, stage, ceiling, cost, bounded, recorder, created_at, next_look
            FROM batches_batch
            """;
    private static final String NEWEST_BEHIND = """
            AND (created_at < :created OR (created_at = :created AND id < :id)) ORDER BY created_at DESC, id DESC LIMIT :limit
            """;

    private SqlBatches() {}

    private static StoredFile file(ResultSet row) throws SQLException {
        return new StoredFile(
                row.getString("tenant"),
                row.getString("id"),
                row.getString("provider"),
                row.getString("document"),
                row.getString("requests"),
                row.getLong("created_at"));
    }

    private static StoredBatch batch(ResultSet row) throws SQLException {
        return new StoredBatch(
                row.getString("id"),
                row.getString("tenant"),
                row.getString("provider"),
                row.getString("provider_id"),
                row.getString("input_file"),
                row.getString("output_file"),
                row.getString("error_file"),
                row.getString("document"),
                row.getString("account"),
                row.getString("prices"),
                row.getString("price_version"),
                StoredBatch.Stage.valueOf(row.getString("stage")),
                row.getLong("ceiling"),
                row.getLong("cost"),
                row.getInt("bounded") == 1,
                row.getString("recorder"),
                row.getLong("created_at"),
                row.getLong("next_look"));
    }

    /** A file of a tenant; one that its client deleted only where {@code gone} ones are wanted, too. */
    static Optional<StoredFile> file(Tx tx, String tenant, String id, boolean gone) {
        return tx.sql()
                .createQuery(FILE + "AND id = :id" + (gone ? "" : " AND gone = 0"))
                .bind("tenant", tenant)
                .bind("id", id)
                .map((row, _) -> file(row))
                .findOne();
    }

    /** A tenant's files, the newest first, from behind one on. */
    static List<StoredFile> files(Tx tx, String tenant, long createdAt, String id, int limit) {
        return tx.sql()
                .createQuery(FILE + "AND gone = 0 " + NEWEST_BEHIND)
                .bind("tenant", tenant)
                .bind("created", createdAt)
                .bind("id", id)
                .bind("limit", limit)
                .map((row, _) -> file(row))
                .list();
    }

    static long countFiles(Tx tx, String tenant) {
        return tx.sql()
                .createQuery("SELECT COUNT(*) FROM batches_file WHERE tenant = :tenant")
                .bind("tenant", tenant)
                .mapTo(Long.class)
                .one();
    }

    /** Keeps a file; one that is there already stays as it is. */
    static void put(Tx tx, StoredFile file) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO batches_file (tenant, id, provider, document, requests, gone, created_at)
                        VALUES (:tenant, :id, :provider, :document, :requests, 0, :created)
                        ON CONFLICT (tenant, id) DO NOTHING
                        """)
                .bind("tenant", file.tenant())
                .bind("id", file.id())
                .bind("provider", file.provider())
                .bind("document", file.document())
                .bind("requests", file.requests())
                .bind("created", file.createdAt())
                .execute();
    }

    /** Takes a file away from its clients, and forgets it once no batch needs it. */
    static void delete(Tx tx, String tenant, String id) {
        tx.sql()
                .createUpdate("UPDATE batches_file SET gone = 1 WHERE tenant = :tenant AND id = :id")
                .bind("tenant", tenant)
                .bind("id", id)
                .execute();
        forget(tx, tenant);
    }

    /** Forgets a tenant's deleted files that no batch needs any more, to be charged or to have its answers looked at. */
    static void forget(Tx tx, String tenant) {
        tx.sql().createUpdate("""
                        DELETE FROM batches_file WHERE tenant = :tenant AND gone = 1 AND NOT EXISTS (
                          SELECT 1 FROM batches_batch b
                          WHERE b.tenant = batches_file.tenant AND b.input_file = batches_file.id
                            AND (b.stage <> 'RECORDED' OR EXISTS (
                              SELECT 1 FROM batches_file a
                              WHERE a.tenant = b.tenant AND a.gone = 0 AND a.id IN (b.output_file, b.error_file))))
                        """).bind("tenant", tenant).execute();
    }

    /** Whether a file is what a batch was answered with that is not yet on record. */
    static boolean isNeeded(Tx tx, String tenant, String id) {
        return tx.sql()
                        .createQuery("""
                        SELECT COUNT(*) FROM batches_batch
                        WHERE tenant = :tenant AND stage = 'SETTLED' AND (output_file = :id OR error_file = :id)
                        """)
                        .bind("tenant", tenant)
                        .bind("id", id)
                        .mapTo(Long.class)
                        .one()
                > 0;
    }

    /** The batch that a file has answers of. */
    static Optional<StoredBatch> answeredBy(Tx tx, String tenant, String file) {
        return tx.sql()
                .createQuery(BATCH + "WHERE tenant = :tenant AND (output_file = :file OR error_file = :file) LIMIT 1")
                .bind("tenant", tenant)
                .bind("file", file)
                .map((row, _) -> batch(row))
                .findOne();
    }

    static void insert(Tx tx, StoredBatch batch) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO batches_batch (id, tenant, provider, provider_id, input_file, output_file, error_file,
                          document, account, prices, price_version, stage, ceiling, cost, bounded, recorder, created_at,
                          next_look)
                        VALUES (:id, :tenant, :provider, '', :input, '', '', '{}', :account, :prices, :version, 'HELD',
                          :ceiling, 0, 0, '', :created, :next)
                        """)
                .bind("id", batch.id())
                .bind("tenant", batch.tenant())
                .bind("provider", batch.provider())
                .bind("input", batch.inputFile())
                .bind("account", batch.account())
                .bind("prices", batch.prices())
                .bind("version", batch.priceVersion())
                .bind("ceiling", batch.ceiling())
                .bind("created", batch.createdAt())
                .bind("next", batch.nextLook())
                .execute();
    }

    static Optional<StoredBatch> batch(Tx tx, String id) {
        return tx.sql()
                .createQuery(BATCH + "WHERE id = :id")
                .bind("id", id)
                .map((row, _) -> batch(row))
                .findOne();
    }

    /** A batch by the id that its client knows. */
    static Optional<StoredBatch> batch(Tx tx, String tenant, String providerId) {
        return tx.sql()
                .createQuery(BATCH + "WHERE tenant = :tenant AND provider_id = :id AND provider_id <> ''")
                .bind("tenant", tenant)
                .bind("id", providerId)
                .map((row, _) -> batch(row))
                .findOne();
    }

    /** A tenant's batches that a provider has, the newest first, from behind one on, by our ids. */
    static List<StoredBatch> batches(Tx tx, String tenant, long createdAt, String id, int limit) {
        return tx.sql()
                .createQuery(BATCH + "WHERE tenant = :tenant AND provider_id <> '' " + NEWEST_BEHIND)
                .bind("tenant", tenant)
                .bind("created", createdAt)
                .bind("id", id)
                .bind("limit", limit)
                .map((row, _) -> batch(row))
                .list();
    }

    /** Batches of a tenant that are not yet charged. */
    static long countOpen(Tx tx, String tenant) {
        return tx.sql()
                .createQuery("SELECT COUNT(*) FROM batches_batch WHERE tenant = :tenant AND stage IN ('HELD', 'BEGUN')")
                .bind("tenant", tenant)
                .mapTo(Long.class)
                .one();
    }

    /** Open batches whose provider is to be asked by now, the longest due first. */
    static List<StoredBatch> due(Tx tx, long now, int limit) {
        return tx.sql()
                .createQuery(BATCH + """
                        WHERE stage IN ('HELD', 'BEGUN') AND next_look <= :now ORDER BY next_look, id LIMIT :limit
                        """)
                .bind("now", now)
                .bind("limit", limit)
                .map((row, _) -> batch(row))
                .list();
    }

    /** Charged batches whose records a server still has to keep. */
    static List<StoredBatch> unrecorded(Tx tx, String recorder) {
        return tx.sql()
                .createQuery(BATCH + "WHERE stage = 'SETTLED' AND recorder = :recorder ORDER BY id LIMIT 100")
                .bind("recorder", recorder)
                .map((row, _) -> batch(row))
                .list();
    }

    /** Puts off the next look; false where another server was faster. */
    static boolean claim(Tx tx, StoredBatch batch, long next) {
        return tx.sql()
                        .createUpdate("UPDATE batches_batch SET next_look = :next WHERE id = :id AND next_look = :seen")
                        .bind("next", next)
                        .bind("id", batch.id())
                        .bind("seen", batch.nextLook())
                        .execute()
                > 0;
    }

    /** Notes that the provider has it. */
    static void begun(Tx tx, String id, String providerId, String document, long next) {
        tx.sql()
                .createUpdate("""
                        UPDATE batches_batch SET provider_id = :provider, document = :document, stage = 'BEGUN', next_look = :next
                        WHERE id = :id AND stage = 'HELD'
                        """)
                .bind("provider", providerId)
                .bind("document", document)
                .bind("next", next)
                .bind("id", id)
                .execute();
    }

    /** Notes what the provider tells. */
    static void tell(Tx tx, String id, String document) {
        tx.sql()
                .createUpdate("UPDATE batches_batch SET document = :document WHERE id = :id")
                .bind("document", document)
                .bind("id", id)
                .execute();
    }

    /** Forgets one that the provider does not have; false where it has. */
    static boolean remove(Tx tx, String id) {
        return tx.sql()
                        .createUpdate("DELETE FROM batches_batch WHERE id = :id AND stage = 'HELD'")
                        .bind("id", id)
                        .execute()
                > 0;
    }

    /** Notes that it is charged; false where that was done before. */
    static boolean settle(Tx tx, String id, String output, String errors, long cost, boolean bounded, String recorder) {
        return tx.sql()
                        .createUpdate("""
                        UPDATE batches_batch SET stage = 'SETTLED', output_file = :output, error_file = :errors,
                          cost = :cost, bounded = :bounded, recorder = :recorder
                        WHERE id = :id AND stage IN ('HELD', 'BEGUN')
                        """)
                        .bind("output", output)
                        .bind("errors", errors)
                        .bind("cost", cost)
                        .bind("bounded", bounded ? 1 : 0)
                        .bind("recorder", recorder)
                        .bind("id", id)
                        .execute()
                > 0;
    }

    /** Notes that each of its answers is on record. */
    static void recorded(Tx tx, StoredBatch batch) {
        tx.sql()
                .createUpdate("UPDATE batches_batch SET stage = 'RECORDED' WHERE id = :id")
                .bind("id", batch.id())
                .execute();
        forget(tx, batch.tenant());
    }
}
