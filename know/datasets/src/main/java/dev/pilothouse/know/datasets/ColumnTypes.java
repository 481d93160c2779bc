package dev.pilothouse.know.datasets;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds each column's type from its cells: LONG where all are whole numbers of at most 18 digits without leading zeros,
 * DOUBLE where all are numbers, BOOLEAN where all are {@code true} or {@code false}, TIMESTAMP where all are dates or
 * times in ISO 8601, else TEXT. A column that is numeric but for NaN or infinities stays so, and those cells are faults.
 */
final class ColumnTypes {
    private static final Pattern NUMBER = Pattern.compile("[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d{1,4})?");
    private static final Pattern PADDED = Pattern.compile("[+-]?0\\d.*");
    private static final Pattern TIME =
            Pattern.compile("\\d{4}-\\d{2}-\\d{2}(?:[ T]\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,9})?)?Z?)?");
    private static final Set<String> NOT_FINITE = Set.of("nan", "inf", "infinity");
    private static final int SHOWN = 5;

    private final boolean[] whole;
    private final boolean[] number;
    private final boolean[] logical;
    private final boolean[] time;
    private final boolean[] text;
    private final long[] present;
    private final long[] notFinite;
    private final List<List<String>> notFiniteShown = new ArrayList<>();

    ColumnTypes(int columns) {
        whole = all(columns);
        number = all(columns);
        logical = all(columns);
        time = all(columns);
        text = new boolean[columns];
        present = new long[columns];
        notFinite = new long[columns];
        for (int i = 0; i < columns; i++) {
            notFiniteShown.add(new ArrayList<>());
        }
    }

    private static boolean[] all(int columns) {
        boolean[] flags = new boolean[columns];
        Arrays.fill(flags, true);
        return flags;
    }

    /** Says that a column is text whatever its cells look like. */
    void text(int column) {
        text[column] = true;
    }

    /** Looks at a row. */
    void see(long line, @Nullable String[] cells) {
        for (int i = 0; i < cells.length; i++) {
            String cell = cells[i];
            if (cell == null) {
                continue;
            }
            if (number[i] && isNotFinite(cell)) {
                notFinite[i]++;
                if (notFiniteShown.get(i).size() < SHOWN) {
                    notFiniteShown.get(i).add("line " + line + " (" + cell + ")");
                }
                continue;
            }
            present[i]++;
            boolean numeric = number[i]
                    && NUMBER.matcher(cell).matches()
                    && !PADDED.matcher(integerPart(cell)).matches();
            number[i] = numeric;
            whole[i] = whole[i]
                    && numeric
                    && cell.length() <= 18
                    && cell.indexOf('.') < 0
                    && cell.indexOf('e') < 0
                    && cell.indexOf('E') < 0;
            logical[i] = logical[i] && (cell.equals("true") || cell.equals("false"));
            time[i] = time[i] && TIME.matcher(cell).matches();
        }
    }

    private static String integerPart(String cell) {
        int dot = cell.indexOf('.');
        return dot < 0 ? cell : cell.substring(0, dot);
    }

    private static boolean isNotFinite(String cell) {
        if (cell.length() > 9) {
            return false;
        }
        String bare = cell.startsWith("+") || cell.startsWith("-") ? cell.substring(1) : cell;
        return NOT_FINITE.contains(bare.toLowerCase(Locale.ROOT));
    }

    /** The type of a column. */
    Datasets.ColumnType of(int column) {
        if (text[column] || present[column] == 0) {
            return Datasets.ColumnType.TEXT;
        }
        if (whole[column]) {
            return Datasets.ColumnType.LONG;
        }
        if (number[column]) {
            return Datasets.ColumnType.DOUBLE;
        }
        if (logical[column]) {
            return Datasets.ColumnType.BOOLEAN;
        }
        return time[column] ? Datasets.ColumnType.TIMESTAMP : Datasets.ColumnType.TEXT;
    }

    /** Notes the cells of numeric columns that are no finite numbers. */
    void report(List<String> names, Faults faults) {
        for (int i = 0; i < notFinite.length; i++) {
            boolean numeric = present[i] > 0 && number[i] && !text[i];
            if (notFinite[i] > 0 && numeric) {
                faults.add(
                        0,
                        names.get(i),
                        notFinite[i] + " cells are not finite numbers: " + String.join(", ", notFiniteShown.get(i))
                                + "; leave a cell empty where its value is missing.");
            }
        }
    }
}
