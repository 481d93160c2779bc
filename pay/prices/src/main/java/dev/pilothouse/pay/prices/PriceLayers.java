package dev.pilothouse.pay.prices;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * Makes one table of what several sources say. For each provider, model and service tier, the first source in the order of
 * precedence counts from the moment of its earliest row on; before that, the next one does. So a contract from February on
 * leaves January's prices as they were, and a later row of a lesser source never undoes it.
 *
 * @param rows the rows that count at some time
 * @param conflicts rows that never count, and say another price than the one that does
 */
record PriceLayers(List<PriceRow> rows, List<PriceConflict> conflicts) {
    /**
     * Lays sources over each other.
     *
     * @param sources the rows of each, the one with the highest precedence first
     */
    static PriceLayers of(List<List<PriceRow>> sources) {
        var timelines = new TreeMap<PriceRow.Series, List<PriceRow>>();
        var conflicts = new ArrayList<PriceConflict>();
        for (List<PriceRow> source : sources) {
            bySeries(source).forEach((series, dated) -> {
                List<PriceRow> above = timelines.computeIfAbsent(series, _ -> new ArrayList<>());
                if (above.isEmpty()) {
                    above.addAll(dated);
                    return;
                }
                Instant taken = above.getFirst().effectiveFrom();
                for (PriceRow row : dated) {
                    if (!row.effectiveFrom().isBefore(taken)) {
                        PriceRow counts = at(above, row.effectiveFrom());
                        if (counts.rates().contradicts(row.rates())) {
                            conflicts.add(new PriceConflict(counts, row));
                        }
                    }
                }
                above.addAll(
                        0,
                        dated.stream()
                                .filter(row -> row.effectiveFrom().isBefore(taken))
                                .toList());
            });
        }
        return new PriceLayers(
                timelines.values().stream().flatMap(List::stream).toList(),
                conflicts.stream()
                        .sorted(Comparator.comparing(PriceConflict::disagrees, PriceRow.ORDER)
                                .thenComparing(conflict -> conflict.disagrees().source()))
                        .toList());
    }

    /**
     * What a source says once a file that counts from a moment on has been added: before the moment what it said, and from
     * then on what the file says, of that moment and of later ones.
     */
    static List<PriceRow> replacedFrom(Instant from, Collection<PriceRow> before, Collection<PriceRow> file) {
        var rows = new ArrayList<PriceRow>();
        before.stream().filter(row -> row.effectiveFrom().isBefore(from)).forEach(rows::add);
        bySeries(file).values().forEach(dated -> {
            PriceRow first = at(dated, from);
            rows.add(new PriceRow(
                    first.provider(),
                    first.model(),
                    first.serviceTier(),
                    first.effectiveFrom().isBefore(from) ? from : first.effectiveFrom(),
                    first.source(),
                    first.sourceDate(),
                    first.rates(),
                    first.maxInputTokens(),
                    first.maxOutputTokens()));
            dated.stream()
                    .filter(row -> row.effectiveFrom().isAfter(from)
                            && row.effectiveFrom().isAfter(first.effectiveFrom()))
                    .forEach(rows::add);
        });
        return List.copyOf(rows);
    }

    /** By date; of two of one moment the first stands. */
    private static TreeMap<PriceRow.Series, List<PriceRow>> bySeries(Collection<PriceRow> rows) {
        var series = new TreeMap<PriceRow.Series, List<PriceRow>>();
        for (PriceRow row : new PriceTable(rows).rows()) {
            series.computeIfAbsent(row.series(), _ -> new ArrayList<>()).add(row);
        }
        return series;
    }

    /** The row that counts at a time, or the first where none does yet. */
    private static PriceRow at(List<PriceRow> dated, Instant when) {
        PriceRow found = dated.getFirst();
        for (PriceRow row : dated) {
            if (!row.effectiveFrom().isAfter(when)) {
                found = row;
            }
        }
        return found;
    }
}
