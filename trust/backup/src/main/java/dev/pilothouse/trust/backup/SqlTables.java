package dev.pilothouse.trust.backup;

import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Tx;
import java.io.IOException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whole tables, out of one database and into another. */
final class SqlTables {
    private static final int FETCH = 500;
    /** Rebuilt by the migrations, not copied. */
    private static final String META = "store_meta";

    private SqlTables() {}

    /** Newest migration that has run, by module prefix. */
    static Map<String, Integer> versions(Tx tx, List<Migrations> modules) {
        var versions = new LinkedHashMap<String, Integer>();
        for (Migrations module : modules) {
            int newest = tx
                    .sql()
                    .createQuery(
                            "SELECT version FROM " + module.historyTable() + " WHERE version IS NOT NULL AND success")
                    .mapTo(String.class)
                    .list()
                    .stream()
                    .mapToInt(Integer::parseInt)
                    .max()
                    .orElse(0);
            versions.put(module.prefix(), newest);
        }
        return versions;
    }

    /** All tables with rows to copy, by name. */
    static List<String> names(Tx tx, List<Migrations> modules) {
        List<String> histories = modules.stream().map(Migrations::historyTable).toList();
        String query = tx.dialect() == Dialect.SQLITE
                ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
                : "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type ="
                        + " 'BASE TABLE' ORDER BY table_name";
        return tx.sql().createQuery(query).mapTo(String.class).list().stream()
                .filter(name -> !name.equals(META) && !histories.contains(name))
                .toList();
    }

    /** About how many bytes the database takes on disk. */
    static long bytes(Tx tx) {
        String query = tx.dialect() == Dialect.SQLITE
                ? "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
                : "SELECT pg_database_size(current_database())";
        return tx.sql().createQuery(query).mapTo(Long.class).one();
    }

    /** Reads one table from its first row to its last, in parts. Used by one thread at a time. */
    static final class Cursor {
        private final Statement statement;
        private final ResultSet rows;
        private final List<String> columns = new ArrayList<>();
        private long count;
        private boolean ended;

        Cursor(Tx tx, String table) throws SQLException {
            statement = tx.sql().getConnection().createStatement();
            statement.setFetchSize(FETCH);
            rows = statement.executeQuery("SELECT * FROM " + table);
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                columns.add(rows.getMetaData().getColumnName(i));
            }
        }

        /** The next part; empty after the last row. */
        Optional<byte[]> next() throws SQLException, IOException {
            if (ended || !rows.next()) {
                ended = true;
                statement.close();
                return Optional.empty();
            }
            var part = new Rows.Writer(columns);
            do {
                part.beginRow();
                for (int i = 1; i <= columns.size(); i++) {
                    part.cell(rows.getObject(i));
                }
                count++;
            } while (!part.isFull() && more());
            return Optional.of(part.finish());
        }

        private boolean more() throws SQLException {
            ended = !rows.next();
            return !ended;
        }

        /** Rows read up to now. */
        long count() {
            return count;
        }
    }

    /** Removes what migrations put into a table. */
    static int clear(Tx tx, String table) {
        return tx.sql().createUpdate("DELETE FROM " + table).execute();
    }

    /**
     * Adds the rows of a part.
     *
     * @return how many
     */
    static long insert(Tx tx, String table, byte[] part) throws SQLException, IOException {
        var rows = new Rows(part);
        List<String> columns = rows.columns();
        String sql = "INSERT INTO " + table + " (" + String.join(", ", columns) + ") VALUES ("
                + String.join(", ", Collections.nCopies(columns.size(), "?")) + ")";
        long count = 0;
        try (PreparedStatement insert = tx.sql().getConnection().prepareStatement(sql)) {
            while (rows.next()) {
                for (int i = 1; i <= columns.size(); i++) {
                    switch (rows.cell()) {
                        case null -> insert.setNull(i, Types.NULL);
                        case Long number -> insert.setLong(i, number);
                        case Double number -> insert.setDouble(i, number);
                        case byte[] bytes -> insert.setBytes(i, bytes);
                        case Object text -> insert.setString(i, text.toString());
                    }
                }
                insert.addBatch();
                if (++count % FETCH == 0) {
                    insert.executeBatch();
                }
            }
            insert.executeBatch();
        }
        return count;
    }

    static long count(Tx tx, String table) {
        return tx.sql()
                .createQuery("SELECT count(*) FROM " + table)
                .mapTo(Long.class)
                .one();
    }

    /** Those who held leases when the backup was made, the backup itself among them, are not here; epochs go on rising. */
    static int endLeases(Tx tx) {
        return tx.sql()
                .createUpdate("UPDATE store_lease SET owner = '', epoch = epoch + 1")
                .execute();
    }

    /** Lets PostgreSQL go on numbering behind the rows that were added with their numbers. */
    static int continueNumbers(Tx tx) {
        if (tx.dialect() == Dialect.SQLITE) {
            return 0; // it numbers behind the highest by itself
        }
        record Numbered(String table, String column) {}
        List<Numbered> all = tx.sql()
                .createQuery("""
                        SELECT table_name, column_name FROM information_schema.columns
                        WHERE table_schema = current_schema() AND is_identity = 'YES'""")
                .map((row, _) -> new Numbered(row.getString(1), row.getString(2)))
                .list();
        for (Numbered one : all) {
            tx.sql()
                    .createQuery("SELECT setval(pg_get_serial_sequence('" + one.table() + "', '" + one.column()
                            + "'), greatest(1, max(" + one.column() + ")), count(*) > 0) FROM " + one.table())
                    .mapTo(Long.class)
                    .one();
        }
        return all.size();
    }
}
