package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.Problem;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
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
     * A sheet of rows of which several may be of one model, service tier and moment, as collections have models under more
     * than one key. The first counts; where another says another price, that is noted.
     */
    static PriceSheet of(Collection<PriceRow> rows, Collection<Problem> notes) {
        var first = new HashMap<Moment, PriceRow>();
        var unique = new ArrayList<PriceRow>();
        var all = new ArrayList<>(notes);
        for (PriceRow row : rows) {
            PriceRow counts = first.putIfAbsent(new Moment(row.series(), row.effectiveFrom()), row);
            if (counts == null) {
                unique.add(row);
            } else if (!counts.rates().equals(row.rates())) {
                all.add(new Problem(
                        row.provider() + "/" + row.model(),
                        "Stated more than once with different prices (" + row.serviceTier() + "); the first counts."));
            }
        }
        return new PriceSheet(unique, all);
    }

    private record Moment(PriceRow.Series series, Instant from) {}

    /**
     * Where a file comes from.
     *
     * @param source its name on rows
     * @param date the day it is of
     * @param path its path in the collection it belongs to, for formats whose files do not name their model
     */
    record Origin(String source, LocalDate date, String path) {}
}
