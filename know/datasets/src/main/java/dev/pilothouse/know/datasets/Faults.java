package dev.pilothouse.know.datasets;

import dev.pilothouse.kernel.Problem;
import java.util.ArrayList;
import java.util.List;

/** Gathers what is wrong with a file, up to a limit; a fatal fault ends the reading. Used by one thread. */
final class Faults {
    private static final int SHOWN = 20;

    /** Ends the reading of a file that cannot be read further. */
    static final class Unreadable extends RuntimeException {
        Unreadable() {
            super("unreadable", null, false, false);
        }
    }

    private final String file;
    private final List<Problem> problems = new ArrayList<>();
    private long total;

    Faults(String file) {
        this.file = file;
    }

    /** Notes a fault at a line (from 1; 0 for the whole file) and column (empty for the whole line). */
    void add(long line, String column, String what) {
        total++;
        if (problems.size() < SHOWN) {
            String where = file + (line > 0 ? ":" + line : "") + (column.isEmpty() ? "" : " column " + column);
            problems.add(new Problem(where, what));
        }
    }

    /** Notes a fault after which reading makes no sense. */
    Unreadable fatal(long line, String column, String what) {
        add(line, column, what);
        return new Unreadable();
    }

    boolean isEmpty() {
        return total == 0;
    }

    /** All problems shown, and a last one that counts the rest. */
    List<Problem> problems() {
        if (total == problems.size()) {
            return List.copyOf(problems);
        }
        List<Problem> all = new ArrayList<>(problems);
        all.add(new Problem(file, "and " + (total - problems.size()) + " more problems of these kinds"));
        return all;
    }

    String file() {
        return file;
    }
}
