package dev.pilothouse.know.datasets;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Checks a table against expectations. */
final class DuckChecks {
    private static final int SHOWN = 5;

    /**
     * A broken expectation.
     *
     * @param column the column's name
     * @param what in words, with the number of rows and up to five of them by line
     */
    record Broken(String column, String what) {}

    private final DuckTable table;
    private final List<Broken> broken = new ArrayList<>();

    private DuckChecks(DuckTable table) {
        this.table = table;
    }

    /** Everything that is broken. */
    static List<Broken> run(DuckTable table, Expectations expectations) throws SQLException {
        var checks = new DuckChecks(table);
        List<String> names = table.schema().stream().map(Datasets.Column::name).toList();
        for (var expected : expectations.columns().entrySet()) {
            int at = names.indexOf(expected.getKey());
            if (at < 0) {
                checks.broken.add(new Broken(expected.getKey(), "the column is missing"));
            } else {
                checks.column(table.schema().get(at), "c" + at, expected.getValue());
            }
        }
        if (!expectations.extraColumns()) {
            names.stream()
                    .filter(name -> !expectations.columns().containsKey(name))
                    .forEach(name -> checks.broken.add(
                            new Broken(name, "the column is not expected; declare it, or allow \"extra-columns\"")));
        }
        return checks.broken;
    }

    private void column(Datasets.Column column, String c, Expectations.OfColumn expected) throws SQLException {
        boolean numeric = column.type() == Datasets.ColumnType.LONG || column.type() == Datasets.ColumnType.DOUBLE;
        boolean widened = expected.type() == Datasets.ColumnType.DOUBLE && column.type() == Datasets.ColumnType.LONG;
        boolean textual = expected.type() == Datasets.ColumnType.TEXT;
        long present = table.session()
                .query("SELECT count(" + c + ") FROM data", row -> row.getLong(1))
                .getFirst();
        if (column.type() != expected.type() && !widened && !textual && present > 0) {
            rows(column.name(), c, wrongType(c, expected.type()), "no " + words(expected.type()), true);
        }
        long missing = table.rows() - present;
        if (missing > expected.nulls() * table.rows()) {
            rows(
                    column.name(),
                    c,
                    c + " IS NULL",
                    expected.nulls() == 0
                            ? "missing a value"
                            : String.format(
                                    Locale.ROOT,
                                    "missing a value, more than the allowed %.1f %%",
                                    expected.nulls() * 100),
                    false);
        }
        if (numeric && expected.min() != null) {
            rows(
                    column.name(),
                    c,
                    c + " < " + expected.min(),
                    "below " + number(expected.min()) + ", the least allowed",
                    true);
        }
        if (numeric && expected.max() != null) {
            rows(
                    column.name(),
                    c,
                    c + " > " + expected.max(),
                    "above " + number(expected.max()) + ", the most allowed",
                    true);
        }
        if (expected.categories() != null) {
            String known = String.join(
                    ", ",
                    expected.categories().stream().map(DuckSession::quoted).toList());
            String condition =
                    c + " IS NOT NULL" + (known.isEmpty() ? "" : " AND " + c + "::VARCHAR NOT IN (" + known + ")");
            rows(
                    column.name(),
                    c,
                    condition,
                    "none of the " + expected.categories().size() + " known values",
                    true);
        }
        if (expected.unique()) {
            rows(
                    column.name(),
                    c,
                    c + " IN (SELECT " + c + " FROM data WHERE " + c + " IS NOT NULL GROUP BY 1 HAVING count(*) > 1)",
                    "not unique",
                    true);
        }
    }

    private static String wrongType(String c, Datasets.ColumnType type) {
        String text = c + "::VARCHAR";
        return c + " IS NOT NULL AND NOT "
                + switch (type) {
                    case LONG -> "regexp_full_match(" + text + ", '[+-]?[0-9]{1,18}(\\.0*)?')";
                    case DOUBLE ->
                        "regexp_full_match(" + text + ", '[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]{1,4})?')";
                    case BOOLEAN -> text + " IN ('true', 'false')";
                    case TIMESTAMP -> "TRY_CAST(" + text + " AS TIMESTAMP) IS NOT NULL";
                    case TEXT -> "true";
                };
    }

    private static String words(Datasets.ColumnType type) {
        return switch (type) {
            case LONG -> "whole number";
            case DOUBLE -> "number";
            case BOOLEAN -> "true or false";
            case TIMESTAMP -> "date or time";
            case TEXT -> "text";
        };
    }

    private void rows(String column, String c, String condition, String what, boolean showValue) throws SQLException {
        long count = table.session()
                .query("SELECT count(*) FROM data WHERE " + condition, row -> row.getLong(1))
                .getFirst();
        if (count == 0) {
            return;
        }
        List<String> lines = table.session()
                .query(
                        "SELECT line, left(" + c + "::VARCHAR, 60) FROM data WHERE " + condition
                                + " ORDER BY idx LIMIT " + SHOWN,
                        row -> "line " + row.getLong(1) + (showValue ? " (" + row.getString(2) + ")" : ""));
        broken.add(new Broken(
                column,
                count + (count == 1 ? " row is " : " rows are ") + what + ": " + String.join(", ", lines)
                        + (count > lines.size() ? ", ..." : "")));
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
