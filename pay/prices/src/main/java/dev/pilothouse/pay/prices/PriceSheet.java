package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.Problem;
import java.time.LocalDate;
import java.util.List;

/**
 * What a price file says.
 *
 * @param rows its prices; {@link java.time.Instant#EPOCH} where it gives no date
 * @param notes what it says that was left out, and why, by place in the file
 */
record PriceSheet(List<PriceRow> rows, List<Problem> notes) {
    PriceSheet {
        rows = List.copyOf(rows);
        notes = List.copyOf(notes);
    }

    /**
     * Where a file comes from.
     *
     * @param source its name on rows
     * @param date the day it is of
     * @param path its path in the collection it belongs to, for formats whose files do not name their model
     */
    record Origin(String source, LocalDate date, String path) {}
}
