package dev.pilothouse.know.datasets;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes the rows of a file as they are read. */
interface Rows {
    /** Once, before the rows. */
    void columns(List<String> names);

    /**
     * A row.
     *
     * @param line line of the file on which it starts, from 1
     * @param cells text of each column, or null where it is missing; reused by the caller afterwards
     */
    void row(long line, @Nullable String[] cells);
}
