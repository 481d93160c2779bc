package dev.pilothouse.know.tracking;

import dev.pilothouse.know.experiments.MetricPoint;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The columns of one family (metrics, parameters or tags) of a run table: one array per key, addressed by row. Which keys
 * a row has is its shape, shared by all rows that got the same keys in the same order.
 */
final class RunColumns<C extends RunColumns.Column> {
    /** A key's values. */
    abstract static sealed class Column {
        final String key;

        private Column(String key) {
            this.key = key;
        }

        abstract boolean has(int row);
    }

    /** Texts; equal ones share one object while there are few. */
    static final class Texts extends Column {
        private static final int SHARED = 4096;
        private final Map<String, String> shared = new HashMap<>();
        private @Nullable String[] values = new String[8];

        private Texts(String key) {
            super(key);
        }

        @Override
        boolean has(int row) {
            return get(row) != null;
        }

        @Nullable
        String get(int row) {
            return row < values.length ? values[row] : null;
        }

        private void set(int row, @Nullable String value) {
            if (row >= values.length) {
                values = Arrays.copyOf(values, Math.max(row + 1, values.length * 2));
            }
            values[row] = value == null || shared.size() >= SHARED ? value : shared.computeIfAbsent(value, v -> v);
        }
    }

    /** Latest values of a metric. */
    static final class Latest extends Column {
        double[] values = new double[8];
        private long[] timestamps = new long[8];
        private long[] steps = new long[8];
        private boolean[] set = new boolean[8];

        private Latest(String key) {
            super(key);
        }

        @Override
        boolean has(int row) {
            return row < set.length && set[row];
        }

        long timestamp(int row) {
            return timestamps[row];
        }

        long step(int row) {
            return steps[row];
        }

        MetricPoint point(int row) {
            return new MetricPoint(key, values[row], timestamps[row], steps[row], MetricPoint.Origin.NONE);
        }

        /** Takes the point if it is later than what is there. */
        private boolean offer(int row, MetricPoint point) {
            if (row >= set.length) {
                int room = Math.max(row + 1, set.length * 2);
                values = Arrays.copyOf(values, room);
                timestamps = Arrays.copyOf(timestamps, room);
                steps = Arrays.copyOf(steps, room);
                set = Arrays.copyOf(set, room);
            }
            if (set[row] && !later(point, row)) {
                return false;
            }
            values[row] = point.value();
            timestamps[row] = point.timestamp();
            steps[row] = point.step();
            set[row] = true;
            return true;
        }

        /** Which of two points is the latest: by step, then time, then value, as MLflow decides. */
        private boolean later(MetricPoint point, int row) {
            if (point.step() != steps[row]) {
                return point.step() > steps[row];
            }
            if (point.timestamp() != timestamps[row]) {
                return point.timestamp() > timestamps[row];
            }
            return Double.compare(point.value(), values[row]) > 0;
        }
    }

    /** Keys of a row, in the order they came. */
    private static final class Shape<C> {
        final Object[] columns;
        private final Map<C, Shape<C>> grown = new HashMap<>();

        Shape(Object[] columns) {
            this.columns = columns;
        }

        Shape<C> with(C column) {
            for (Object present : columns) {
                if (present.equals(column)) {
                    return this;
                }
            }
            return grown.computeIfAbsent(column, c -> {
                Object[] more = Arrays.copyOf(columns, columns.length + 1);
                more[columns.length] = c;
                return new Shape<>(more);
            });
        }
    }

    private final Map<String, C> byKey = new LinkedHashMap<>();
    private final Function<String, C> make;
    private final Shape<C> empty = new Shape<>(new Object[0]);
    private @Nullable Shape<C>[] shapes = shapes(8);

    private RunColumns(Function<String, C> make) {
        this.make = make;
    }

    static RunColumns<Texts> texts() {
        return new RunColumns<>(Texts::new);
    }

    static RunColumns<Latest> metrics() {
        return new RunColumns<>(Latest::new);
    }

    /** The column of a key, or null where no row has it. */
    @Nullable
    C column(String key) {
        return byKey.get(key);
    }

    /** Calls back for each column in which the row has a value. */
    void each(int row, java.util.function.Consumer<? super C> consumer) {
        Shape<C> shape = row < shapes.length ? shapes[row] : null;
        if (shape == null) {
            return;
        }
        for (Object column : shape.columns) {
            @SuppressWarnings("unchecked")
            C typed = (C) column;
            if (typed.has(row)) {
                consumer.accept(typed);
            }
        }
    }

    /** Sets or, by null, clears a text. */
    static void put(RunColumns<Texts> columns, int row, String key, @Nullable String value) {
        Texts column = columns.byKey.get(key);
        if (column == null) {
            if (value == null) {
                return;
            }
            column = columns.own(key);
        }
        columns.note(row, column);
        column.set(row, value);
    }

    /** Offers a point; answers whether it became the latest. */
    static boolean offer(RunColumns<Latest> columns, int row, MetricPoint point) {
        Latest column = columns.byKey.get(point.key());
        if (column == null) {
            column = columns.own(point.key());
        }
        if (!column.has(row)) {
            columns.note(row, column);
        }
        return column.offer(row, point);
    }

    private C own(String key) {
        C column = make.apply(key);
        byKey.put(key, column);
        return column;
    }

    private void note(int row, C column) {
        if (row >= shapes.length) {
            shapes = Arrays.copyOf(shapes, Math.max(row + 1, shapes.length * 2));
        }
        Shape<C> shape = shapes[row];
        shapes[row] = (shape == null ? empty : shape).with(column);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static <C> @Nullable Shape<C>[] shapes(int length) {
        return new Shape[length];
    }
}
