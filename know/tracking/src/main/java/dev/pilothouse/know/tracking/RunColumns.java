package dev.pilothouse.know.tracking;

import dev.pilothouse.know.experiments.MetricPoint;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The columns of one family (metrics, parameters or tags) of a run table: one array per key, addressed by row. Which keys
 * a row has is its shape, shared by all rows that got the same keys in the same order.
 */
final class RunColumns<C extends RunColumns.Column> {
    /** Columns stand in pages of so many rows, made when first needed: a key that few runs have costs little. */
    private static final int PAGE_BITS = 6;

    private static final int PAGE = 1 << PAGE_BITS;
    private static final int PAGE_MASK = PAGE - 1;

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
        private @Nullable String[] @Nullable [] pages = new String[1][];

        private Texts(String key) {
            super(key);
        }

        @Override
        boolean has(int row) {
            return get(row) != null;
        }

        @Nullable
        String get(int row) {
            int page = row >> PAGE_BITS;
            @Nullable String @Nullable [] values = page < pages.length ? pages[page] : null;
            return values == null ? null : values[row & PAGE_MASK];
        }

        private void set(int row, @Nullable String value) {
            int page = row >> PAGE_BITS;
            if (page >= pages.length) {
                pages = Arrays.copyOf(pages, Math.max(page + 1, pages.length * 2));
            }
            @Nullable String @Nullable [] values = pages[page];
            if (values == null) {
                values = new String[PAGE];
                pages[page] = values;
            }
            values[row & PAGE_MASK] =
                    value == null || shared.size() >= SHARED ? value : shared.computeIfAbsent(value, v -> v);
        }
    }

    /** Latest values of a metric. */
    static final class Latest extends Column {
        private static final class Page {
            final double[] values = new double[PAGE];
            final long[] timestamps = new long[PAGE];
            final long[] steps = new long[PAGE];
            /** One bit for each row that has a value. */
            long set;
        }

        private @Nullable Page[] pages = new Page[1];

        private Latest(String key) {
            super(key);
        }

        @Override
        boolean has(int row) {
            int at = row >> PAGE_BITS;
            Page page = at < pages.length ? pages[at] : null;
            return page != null && (page.set >>> row & 1) != 0;
        }

        /** The value of a row that has one. */
        double value(int row) {
            return page(row).values[row & PAGE_MASK];
        }

        long timestamp(int row) {
            return page(row).timestamps[row & PAGE_MASK];
        }

        long step(int row) {
            return page(row).steps[row & PAGE_MASK];
        }

        MetricPoint point(int row) {
            return new MetricPoint(key, value(row), timestamp(row), step(row), MetricPoint.Origin.NONE);
        }

        private Page page(int row) {
            return Objects.requireNonNull(pages[row >> PAGE_BITS]);
        }

        /** Takes the point if it is later than what is there. */
        private boolean offer(int row, MetricPoint point) {
            if (has(row) && !later(point, row)) {
                return false;
            }
            int at = row >> PAGE_BITS;
            if (at >= pages.length) {
                pages = Arrays.copyOf(pages, Math.max(at + 1, pages.length * 2));
            }
            Page page = pages[at];
            if (page == null) {
                page = new Page();
                pages[at] = page;
            }
            int place = row & PAGE_MASK;
            page.values[place] = point.value();
            page.timestamps[place] = point.timestamp();
            page.steps[place] = point.step();
            page.set |= 1L << place;
            return true;
        }

        /** Which of two points is the latest: by step, then time, then value, as MLflow decides. */
        private boolean later(MetricPoint point, int row) {
            if (point.step() != step(row)) {
                return point.step() > step(row);
            }
            if (point.timestamp() != timestamp(row)) {
                return point.timestamp() > timestamp(row);
            }
            return Double.compare(point.value(), value(row)) > 0;
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
