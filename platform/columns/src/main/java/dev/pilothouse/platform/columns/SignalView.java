package dev.pilothouse.platform.columns;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** The view that shows one tenant's rows of a signal, hot and sealed, under the signal's name. */
final class SignalView {
    private SignalView() {}

    static String sql(Signal signal, String tenant, Shelves.Shelf shelf, Path parquet) {
        var parts = new ArrayList<String>();
        for (HotTable table : shelf.hot()) {
            parts.add(select(signal, tenant, table.types().size(), "hot." + table.name()));
        }
        // Files of one width are read together; those that lack later columns show nulls there.
        var byWidth = new TreeMap<Integer, List<String>>();
        for (ParquetFile file : shelf.files()) {
            byWidth.computeIfAbsent(file.width(), _ -> new ArrayList<>())
                    .add(Duck.text(parquet.resolve(file.name()).toString()));
        }
        byWidth.forEach((width, files) -> parts.add(select(
                signal,
                tenant,
                width,
                "read_parquet([" + String.join(", ", files) + "], hive_partitioning = false, union_by_name = false)")));
        if (parts.isEmpty()) {
            parts.add(select(signal, tenant, 0, "(SELECT NULL::BIGINT AS \"at\" WHERE false)"));
        }
        return "CREATE OR REPLACE TEMP VIEW " + Duck.name(signal.name()) + " AS " + String.join(" UNION ALL ", parts);
    }

    private static String select(Signal signal, String tenant, int width, String from) {
        var columns = new ArrayList<String>();
        columns.add(Duck.text(tenant) + " AS tenant");
        columns.add("\"at\"");
        for (int c = 0; c < signal.columns().size(); c++) {
            Signal.Column column = signal.columns().get(c);
            String name = Duck.name(column.name());
            columns.add(c < width ? name : "NULL::" + Duck.sqlType(column.type()) + " AS " + name);
        }
        return "SELECT " + String.join(", ", columns) + " FROM " + from;
    }
}
