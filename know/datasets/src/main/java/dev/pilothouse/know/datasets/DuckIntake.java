package dev.pilothouse.know.datasets;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.blobs.Blobs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.duckdb.DuckDBAppender;
import org.jspecify.annotations.Nullable;

/** Reads a stored file into a session's table {@code data}, noting every fault with its line and column. */
final class DuckIntake {
    private static final int CHECK_EVERY = 4_096;

    /** Forms a file can have. */
    enum Format {
        CSV,
        JSONL,
        PARQUET;

        /** By the file's name, else by its first bytes. */
        static Format of(String file, byte[] head) {
            String lower = file.toLowerCase(Locale.ROOT);
            if (lower.endsWith(".parquet") || (head.length >= 4 && magic(head, 0))) {
                return PARQUET;
            }
            if (lower.endsWith(".jsonl") || lower.endsWith(".ndjson")) {
                return JSONL;
            }
            if (lower.endsWith(".csv") || lower.endsWith(".tsv")) {
                return CSV;
            }
            for (byte b : head) {
                if (b > ' ' || b < 0) {
                    return b == '{' ? JSONL : CSV;
                }
            }
            return CSV;
        }

        static boolean magic(byte[] bytes, int at) {
            return bytes[at] == 'P' && bytes[at + 1] == 'A' && bytes[at + 2] == 'R' && bytes[at + 3] == '1';
        }

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A stored file.
     *
     * @param name its name, for errors
     * @param content its bytes
     * @param header whether a CSV's first line names the columns
     */
    record Source(String name, Digest content, Format format, boolean header) {}

    private final Blobs blobs;
    private final DuckSession session;
    private final Source source;
    private final Map<String, Datasets.ColumnType> expected;
    private final Faults faults;

    DuckIntake(
            Blobs blobs, DuckSession session, Source source, Map<String, Datasets.ColumnType> expected, Faults faults) {
        this.blobs = blobs;
        this.session = session;
        this.source = source;
        this.expected = expected;
        this.faults = faults;
    }

    /**
     * Reads the file.
     *
     * @param parquet where the bytes of a Parquet file may be put; the session may open it
     * @throws Faults.Unreadable where anything is wrong with it; the faults say what
     */
    DuckTable read(Path parquet) throws SQLException, IOException {
        return switch (source.format()) {
            case CSV -> {
                var loader = new Loader(Set.of());
                try (InputStream in = blobs.open(source.content())) {
                    CsvFile.read(in, source.header(), loader, faults);
                }
                yield loader.finish();
            }
            case JSONL -> {
                Set<String> texts = new HashSet<>();
                List<String> columns;
                try (InputStream in = blobs.open(source.content())) {
                    columns = JsonlFile.columns(in, faults, texts);
                }
                stopIfFaulty();
                var loader = new Loader(texts);
                try (InputStream in = blobs.open(source.content())) {
                    JsonlFile.rows(in, columns, loader, faults);
                }
                yield loader.finish();
            }
            case PARQUET -> parquet(parquet);
        };
    }

    private void stopIfFaulty() {
        if (!faults.isEmpty()) {
            throw new Faults.Unreadable();
        }
    }

    private DuckTable parquet(Path file) throws SQLException, IOException {
        try (InputStream in = blobs.open(source.content())) {
            Files.copy(in, file);
        }
        long size = Files.size(file);
        byte[] tail = new byte[4];
        if (size >= 12) {
            try (var channel = Files.newByteChannel(file)) {
                channel.position(size - 4).read(java.nio.ByteBuffer.wrap(tail));
            }
        }
        if (size < 12 || !Format.magic(tail, 0)) {
            throw faults.fatal(
                    0, "", "The file does not end as a Parquet file does; it is cut off or no Parquet file.");
        }
        String from = "read_parquet(" + DuckSession.quoted(file.toString()) + ")";
        try {
            List<Datasets.Column> schema = new ArrayList<>();
            List<String> casts = new ArrayList<>();
            session.query("DESCRIBE SELECT * FROM " + from, row -> {
                String name = row.getString(1);
                Datasets.ColumnType type = settled(name, type(row.getString(2)));
                String quoted = "\"" + name.replace("\"", "\"\"") + "\"";
                casts.add("TRY_CAST(" + quoted + " AS " + DuckTable.sqlType(type) + ") AS c" + schema.size());
                schema.add(new Datasets.Column(name, type));
                return true;
            });
            session.execute(
                    "CREATE TABLE data AS SELECT row_number() OVER () - 1 AS idx, row_number() OVER () AS line, "
                            + String.join(", ", casts) + " FROM " + from);
            finite(schema);
            return nonEmpty(new DuckTable(session, schema));
        } catch (SQLException e) {
            session.checkTime();
            String words = String.valueOf(e.getMessage())
                    .lines()
                    .findFirst()
                    .orElse("")
                    .replace(file.toString(), source.name())
                    .replaceAll("^[A-Z][A-Za-z ]* Error: ", "");
            throw faults.fatal(0, "", "The Parquet file cannot be read: " + words);
        }
    }

    /** The type of a column after the dataset's expectations: text stays text, and whole numbers may be fractions. */
    private Datasets.ColumnType settled(String name, Datasets.ColumnType found) {
        Datasets.ColumnType wanted = expected.getOrDefault(name, found);
        boolean widens = wanted == Datasets.ColumnType.TEXT
                || (wanted == Datasets.ColumnType.DOUBLE && found == Datasets.ColumnType.LONG);
        return widens ? wanted : found;
    }

    private static Datasets.ColumnType type(String duck) {
        String base = duck.toUpperCase(Locale.ROOT);
        return switch (base) {
            case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER" ->
                Datasets.ColumnType.LONG;
            case "FLOAT", "DOUBLE", "HUGEINT", "UHUGEINT", "UBIGINT" -> Datasets.ColumnType.DOUBLE;
            case "BOOLEAN" -> Datasets.ColumnType.BOOLEAN;
            default -> {
                if (base.startsWith("DECIMAL")) {
                    yield Datasets.ColumnType.DOUBLE;
                }
                yield base.startsWith("TIMESTAMP") || base.equals("DATE")
                        ? Datasets.ColumnType.TIMESTAMP
                        : Datasets.ColumnType.TEXT;
            }
        };
    }

    private void finite(List<Datasets.Column> schema) throws SQLException {
        for (int i = 0; i < schema.size(); i++) {
            if (schema.get(i).type() == Datasets.ColumnType.DOUBLE) {
                String wrong = " FROM data WHERE isnan(c" + i + ") OR isinf(c" + i + ")";
                long count = session.query("SELECT count(*)" + wrong, row -> row.getLong(1))
                        .getFirst();
                if (count > 0) {
                    List<String> rows = session.query(
                            "SELECT line, c" + i + wrong + " ORDER BY idx LIMIT 5",
                            row -> "row " + row.getLong(1) + " (" + row.getDouble(2) + ")");
                    faults.add(
                            0,
                            schema.get(i).name(),
                            count + " cells are not finite numbers: " + String.join(", ", rows)
                                    + "; write null where a value is missing.");
                }
            }
        }
        stopIfFaulty();
    }

    private DuckTable nonEmpty(DuckTable table) {
        if (table.rows() == 0) {
            throw faults.fatal(0, "", "The file has no row.");
        }
        return table;
    }

    /** Appends rows as text, then types the columns. */
    private final class Loader implements Rows {
        private final Set<String> texts;
        private List<String> names = List.of();
        private @Nullable ColumnTypes types;
        private @Nullable DuckDBAppender appender;
        private long count;

        Loader(Set<String> texts) {
            this.texts = texts;
        }

        @Override
        public void columns(List<String> columns) {
            names = columns;
            types = new ColumnTypes(columns.size());
            var sql = new StringBuilder("CREATE TABLE raw (line BIGINT");
            for (int i = 0; i < columns.size(); i++) {
                sql.append(", c").append(i).append(" VARCHAR");
                if (texts.contains(columns.get(i))) {
                    types.text(i);
                }
            }
            try {
                session.execute(sql.append(")").toString());
                appender = session.appender("raw");
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void row(long line, @Nullable String[] cells) {
            if (!faults.isEmpty() || types == null || appender == null) {
                return;
            }
            types.see(line, cells);
            try {
                if (++count % CHECK_EVERY == 0) {
                    session.checkTime();
                }
                appender.beginRow();
                appender.append(line);
                for (String cell : cells) {
                    if (cell == null) {
                        appender.appendNull();
                    } else {
                        appender.append(cell);
                    }
                }
                appender.endRow();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        DuckTable finish() throws SQLException {
            if (appender != null) {
                appender.close();
            }
            if (types != null) {
                types.report(names, faults);
            }
            stopIfFaulty();
            List<Datasets.Column> schema = new ArrayList<>();
            var sql = new StringBuilder("CREATE TABLE data AS SELECT rowid AS idx, line");
            for (int i = 0; i < names.size(); i++) {
                var found = types == null ? Datasets.ColumnType.TEXT : types.of(i);
                Datasets.ColumnType type = settled(names.get(i), found);
                schema.add(new Datasets.Column(names.get(i), type));
                sql.append(", TRY_CAST(c")
                        .append(i)
                        .append(" AS ")
                        .append(DuckTable.sqlType(type))
                        .append(") AS c")
                        .append(i);
            }
            session.execute(sql.append(" FROM raw").toString());
            session.execute("DROP TABLE raw");
            return nonEmpty(new DuckTable(session, schema));
        }
    }
}
