package dev.pilothouse.know.datasets;

import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A version's rows in a session, as the table {@code data}: {@code idx} from 0, {@code line} of the file, and one column
 * {@code c0}, {@code c1}, ... for each of the schema, so that no user's name ever is SQL.
 */
final class DuckTable {
    /** Beyond so many rows, quantiles and numbers of distinct values are estimates (t-digest, HyperLogLog). */
    private static final long MOST_EXACT = 2_000_000;

    private final DuckSession session;
    private final List<Datasets.Column> schema;
    private final long rows;

    DuckTable(DuckSession session, List<Datasets.Column> schema) throws SQLException {
        this.session = session;
        this.schema = List.copyOf(schema);
        this.rows = session.query("SELECT count(*) FROM data", row -> row.getLong(1))
                .getFirst();
    }

    /** Opens the Parquet form that {@link #save} wrote. */
    static DuckTable open(DuckSession session, Path file, List<Datasets.Column> schema) throws SQLException {
        session.execute("CREATE VIEW data AS SELECT * FROM read_parquet(" + DuckSession.quoted(file.toString()) + ")");
        return new DuckTable(session, schema);
    }

    /** Writes the rows as Parquet. */
    void save(Path file) throws SQLException {
        session.execute("COPY (SELECT * FROM data ORDER BY idx) TO " + DuckSession.quoted(file.toString())
                + " (FORMAT parquet, ROW_GROUP_SIZE 20000)");
    }

    DuckSession session() {
        return session;
    }

    List<Datasets.Column> schema() {
        return schema;
    }

    long rows() {
        return rows;
    }

    /** DuckDB's name of a type. */
    static String sqlType(Datasets.ColumnType type) {
        return switch (type) {
            case TEXT -> "VARCHAR";
            case LONG -> "BIGINT";
            case DOUBLE -> "DOUBLE";
            case BOOLEAN -> "BOOLEAN";
            case TIMESTAMP -> "TIMESTAMP";
        };
    }

    /** Rows from an offset on. */
    Datasets.Batch read(long offset, int limit) throws SQLException {
        List<List<@Nullable Object>> columns = new ArrayList<>();
        schema.forEach(_ -> columns.add(new ArrayList<>()));
        var names = new StringBuilder();
        for (int i = 0; i < schema.size(); i++) {
            names.append(i == 0 ? "" : ", ");
            names.append(
                    schema.get(i).type() == Datasets.ColumnType.TIMESTAMP ? "CAST(c" + i + " AS VARCHAR)" : "c" + i);
        }
        session.query(
                "SELECT " + names + " FROM data WHERE idx >= " + offset + " AND idx < " + (offset + limit)
                        + " ORDER BY idx",
                row -> {
                    for (int i = 0; i < schema.size(); i++) {
                        columns.get(i).add(value(row, i + 1, schema.get(i).type()));
                    }
                    return true;
                });
        Map<String, List<@Nullable Object>> values = new LinkedHashMap<>();
        for (int i = 0; i < schema.size(); i++) {
            values.put(schema.get(i).name(), columns.get(i));
        }
        return new Datasets.Batch(schema, values);
    }

    private static @Nullable Object value(ResultSet row, int column, Datasets.ColumnType type) throws SQLException {
        Object value =
                switch (type) {
                    case TEXT, TIMESTAMP -> row.getString(column);
                    case LONG -> row.getLong(column);
                    case DOUBLE -> row.getDouble(column);
                    case BOOLEAN -> row.getBoolean(column);
                };
        return row.wasNull() ? null : value;
    }

    /** Profile of each column. */
    List<ColumnProfile> profile() throws SQLException {
        List<ColumnProfile> profiles = new ArrayList<>();
        for (int i = 0; i < schema.size(); i++) {
            profiles.add(profile(schema.get(i), "c" + i));
        }
        return profiles;
    }

    private ColumnProfile profile(Datasets.Column column, String c) throws SQLException {
        boolean numeric = column.type() == Datasets.ColumnType.LONG || column.type() == Datasets.ColumnType.DOUBLE;
        boolean exact = rows <= MOST_EXACT;
        String distinct = exact ? "count(DISTINCT " + c + ")" : "approx_count_distinct(" + c + ")";
        String sql = "SELECT count(*) - count(" + c + "), " + distinct + ", "
                + (numeric
                        ? "min(" + c + ")::DOUBLE, max(" + c + ")::DOUBLE, avg(" + c + "), coalesce(stddev_samp(" + c
                                + "), 0), "
                                + (exact ? "quantile_cont(" : "approx_quantile(") + c
                                + "::DOUBLE, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])"
                        : "min(" + c + "::VARCHAR), max(" + c + "::VARCHAR)")
                + " FROM data";
        return session.query(sql, row -> {
                    long missing = row.getLong(1);
                    long different = row.getLong(2);
                    if (!numeric || row.getObject(3) == null) {
                        String least = numeric ? null : row.getString(3);
                        String most = numeric ? null : row.getString(4);
                        return new ColumnProfile(
                                column, rows, missing, different, least, most, null, top(c), List.of());
                    }
                    Object[] q = (Object[]) row.getArray(7).getArray();
                    var numbers = new ColumnProfile.Numbers(
                            row.getDouble(3),
                            row.getDouble(4),
                            row.getDouble(5),
                            row.getDouble(6),
                            number(q[0]),
                            number(q[1]),
                            number(q[2]),
                            number(q[3]),
                            number(q[4]),
                            number(q[5]),
                            number(q[6]));
                    return new ColumnProfile(
                            column,
                            rows,
                            missing,
                            different,
                            null,
                            null,
                            numbers,
                            top(c),
                            histogram(c, numbers.min(), numbers.max()));
                })
                .getFirst();
    }

    private static double number(Object value) {
        return ((Number) value).doubleValue();
    }

    private List<ColumnProfile.Count> top(String c) throws SQLException {
        return session.query(
                "SELECT " + c + "::VARCHAR, count(*) AS n FROM data WHERE " + c
                        + " IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT " + ColumnProfile.TOP,
                row -> new ColumnProfile.Count(Objects.requireNonNull(row.getString(1)), row.getLong(2)));
    }

    private List<Long> histogram(String c, double min, double max) throws SQLException {
        long[] counts = new long[ColumnProfile.BUCKETS];
        double width = max > min ? (max - min) / counts.length : 1;
        session.query(
                "SELECT least(" + (counts.length - 1) + ", greatest(0, floor((" + c + " - (" + min + ")) / (" + width
                        + "))))::INTEGER AS bucket, count(*) FROM data WHERE " + c + " IS NOT NULL GROUP BY bucket",
                row -> counts[row.getInt(1)] = row.getLong(2));
        return java.util.Arrays.stream(counts).boxed().toList();
    }
}
