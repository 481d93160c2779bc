package dev.pilothouse.platform.journal;

import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Tx;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.mapper.RowMapper;

/**
 * The append table. The two databases number differently (see the migration), so what a sequence is and whether a row is
 * numbered are named here once per dialect.
 */
final class SqlEntries {
    private static final String COLUMNS = " id, tenant, kind, subject, at, leaf, leaf_hash, body ";

    private static final RowMapper<JournalEntry> ENTRY = (rs, _) -> new JournalEntry(
            rs.getLong(1),
            new JournalRecord(
                    rs.getString(2),
                    rs.getString(3),
                    rs.getString(4),
                    rs.getString(5),
                    rs.getLong(6),
                    rs.getBytes(7),
                    rs.getBytes(8),
                    rs.getBytes(9)));

    /** Statements of one dialect. */
    private record Statements(
            String append,
            String number,
            String subjects,
            String tenants,
            String read,
            String readTenant,
            String bySubject,
            String find) {}

    private static final Statements SQLITE = statements(
            "position",
            "position < (SELECT size FROM journal_head)",
            "CASE WHEN position < (SELECT size FROM journal_head) THEN position ELSE -1 END",
            "INSERT INTO journal_entry (pending, position," + COLUMNS + ") VALUES (0, "
                    + "(SELECT COALESCE(max(position), -1) + 1 FROM journal_entry), ",
            "SELECT position," + COLUMNS + "FROM journal_entry WHERE position >= :size ORDER BY position LIMIT :max");

    private static final Statements POSTGRESQL = statements(
            "sequence",
            "sequence IS NOT NULL",
            "COALESCE(sequence, -1)",
            "INSERT INTO journal_entry (pending," + COLUMNS + ") VALUES (1, ",
            """
            UPDATE journal_entry e SET sequence = n.sequence, pending = 0
            FROM (SELECT p.position, :size + row_number() OVER (ORDER BY p.position) - 1 AS sequence
                  FROM (SELECT position FROM journal_entry WHERE pending = 1 ORDER BY position LIMIT :max) p) n
            WHERE e.position = n.position
            RETURNING e.sequence, e.id, e.tenant, e.kind, e.subject, e.at, e.leaf, e.leaf_hash, e.body""");

    private SqlEntries() {}

    private static Statements statements(String sequence, String numbered, String found, String append, String number) {
        String select = "SELECT " + sequence + "," + COLUMNS + "FROM journal_entry WHERE ";
        String range = " FROM journal_entry WHERE " + sequence + " >= :from AND " + sequence + " < :to";
        // The histories hold numbered entries only, so that their order and limit come from their own key.
        String among = select + sequence + " IN (SELECT sequence FROM ";
        return new Statements(
                append + ":id, :tenant, :kind, :subject, :at, :leaf, :leafHash, :body)",
                number,
                "INSERT INTO journal_by_subject (tenant, subject, sequence) SELECT tenant, subject, " + sequence + range
                        + " ORDER BY tenant, subject, " + sequence,
                "INSERT INTO journal_by_tenant (tenant, sequence) SELECT tenant, " + sequence + range
                        + " ORDER BY tenant, " + sequence,
                select + numbered + " AND " + sequence + " > :after ORDER BY " + sequence + " LIMIT :limit",
                among + "journal_by_tenant WHERE tenant = :tenant AND sequence > :after ORDER BY sequence LIMIT :limit"
                        + ") ORDER BY " + sequence,
                among + "journal_by_subject WHERE tenant = :tenant AND subject = :subject AND sequence < :before "
                        + "ORDER BY sequence DESC LIMIT :limit) ORDER BY " + sequence + " DESC",
                "SELECT " + found + "," + COLUMNS + "FROM journal_entry WHERE id = :id AND tenant = :tenant");
    }

    private static Statements of(Tx tx) {
        return tx.dialect() == Dialect.SQLITE ? SQLITE : POSTGRESQL;
    }

    static void append(Tx tx, JournalRecord record) {
        tx.sql()
                .createUpdate(of(tx).append())
                .bind("id", record.id())
                .bind("tenant", record.tenant())
                .bind("kind", record.kind())
                .bind("subject", record.subject())
                .bind("at", record.at())
                .bind("leaf", record.leaf())
                .bind("leafHash", record.leafHash())
                .bind("body", record.body())
                .execute();
    }

    static List<JournalEntry> number(Tx tx, int max) {
        long size = size(tx);
        List<JournalEntry> numbered = tx.sql()
                .createQuery(of(tx).number())
                .bind("size", size)
                .bind("max", max)
                .map(ENTRY)
                .list();
        if (numbered.isEmpty()) {
            return numbered;
        }
        List<JournalEntry> ordered = tx.dialect() == Dialect.SQLITE
                ? numbered
                : numbered.stream()
                        .sorted(Comparator.comparingLong(JournalEntry::sequence))
                        .toList();
        long expected = size;
        for (JournalEntry entry : ordered) {
            if (entry.sequence() != expected++) {
                throw new IllegalStateException("The journal has a gap: entry " + (expected - 1) + " is missing before "
                        + entry.sequence() + ". A row was removed from journal_entry by hand; restore a backup.");
            }
        }
        for (String into : List.of(of(tx).subjects(), of(tx).tenants())) {
            tx.sql().createUpdate(into).bind("from", size).bind("to", expected).execute();
        }
        tx.sql()
                .createUpdate("UPDATE journal_head SET size = :size WHERE id = 1")
                .bind("size", expected)
                .execute();
        return ordered;
    }

    static long size(Tx tx) {
        return tx.sql()
                .createQuery("SELECT size FROM journal_head WHERE id = 1")
                .map((rs, _) -> rs.getLong(1))
                .one();
    }

    static List<JournalEntry> read(Tx tx, long after, int limit) {
        return tx.sql()
                .createQuery(of(tx).read())
                .bind("after", after)
                .bind("limit", limit)
                .map(ENTRY)
                .list();
    }

    static List<JournalEntry> read(Tx tx, String tenant, long after, int limit) {
        return tx.sql()
                .createQuery(of(tx).readTenant())
                .bind("tenant", tenant)
                .bind("after", after)
                .bind("limit", limit)
                .map(ENTRY)
                .list();
    }

    static List<JournalEntry> bySubject(Tx tx, String tenant, String subject, long before, int limit) {
        return tx.sql()
                .createQuery(of(tx).bySubject())
                .bind("tenant", tenant)
                .bind("subject", subject)
                .bind("before", before)
                .bind("limit", limit)
                .map(ENTRY)
                .list();
    }

    static Optional<JournalEntry> find(Tx tx, String tenant, String id) {
        return tx.sql()
                .createQuery(of(tx).find())
                .bind("tenant", tenant)
                .bind("id", id)
                .map(ENTRY)
                .findFirst();
    }

    static boolean eraseBody(Tx tx, String tenant, String id) {
        if (tx.dialect() != Dialect.SQLITE) {
            return clearBody(tx, tenant, id);
        }
        // Otherwise the old bytes would stay readable in the page's free space.
        tx.sql().execute("PRAGMA secure_delete = ON");
        try {
            return clearBody(tx, tenant, id);
        } finally {
            tx.sql().execute("PRAGMA secure_delete = OFF");
        }
    }

    private static boolean clearBody(Tx tx, String tenant, String id) {
        return tx.sql()
                        .createUpdate("UPDATE journal_entry SET body = NULL WHERE id = :id AND tenant = :tenant")
                        .bind("tenant", tenant)
                        .bind("id", id)
                        .execute()
                > 0;
    }

    /** Gives entries that were copied from the other database the form of this one; see the tables' own words. */
    static int adopt(Tx tx) {
        if (tx.dialect() == Dialect.POSTGRESQL) {
            return tx.sql().createUpdate("""
                            UPDATE journal_entry SET
                                sequence = CASE WHEN position < h.size THEN position END,
                                pending = CASE WHEN position < h.size THEN 0 ELSE 1 END
                            FROM journal_head h""").execute();
        }
        // Out of the way first, so that no new position meets an old one.
        int all = tx.sql()
                .createUpdate("UPDATE journal_entry SET position = -1 - position")
                .execute();
        tx.sql()
                .createUpdate("UPDATE journal_entry SET position = sequence WHERE sequence IS NOT NULL")
                .execute();
        long next = size(tx);
        List<Long> waiting = tx.sql()
                .createQuery("SELECT position FROM journal_entry WHERE position < 0 ORDER BY position DESC")
                .mapTo(Long.class)
                .list();
        for (long position : waiting) {
            tx.sql()
                    .createUpdate("UPDATE journal_entry SET position = :next WHERE position = :position")
                    .bind("next", next++)
                    .bind("position", position)
                    .execute();
        }
        tx.sql()
                .createUpdate("UPDATE journal_entry SET sequence = NULL, pending = 0")
                .execute();
        return all;
    }
}
