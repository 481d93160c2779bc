package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.json.CanonicalJson;
import dev.pilothouse.platform.json.Json;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.node.ArrayNode;

/**
 * All prices that count at one time, under a version. Immutable; looking a price up allocates nothing but the answer.
 *
 * <p>The version is the digest of what decides an amount: every row's provider, model, service tier, date, rates and limits,
 * and whose word each is. The day that a source is of is left out, so that the same file imported again is the same version.
 */
public final class PriceTable {
    /** No prices: every model is unpriced. */
    public static final PriceTable EMPTY = new PriceTable(List.of());

    private final List<PriceRow> rows;
    private final Digest digest;
    private final Map<String, Map<String, Map<String, List<PriceRow>>>> index;

    /**
     * A table of rows.
     *
     * @param rows in any order; of two for the same series and moment the first counts
     */
    public PriceTable(Collection<PriceRow> rows) {
        var unique = new TreeMap<PriceRow.Series, TreeMap<Instant, PriceRow>>();
        rows.forEach(row ->
                unique.computeIfAbsent(row.series(), _ -> new TreeMap<>()).putIfAbsent(row.effectiveFrom(), row));
        this.rows = unique.values().stream()
                .flatMap(series -> series.values().stream())
                .toList();
        this.index = new HashMap<>();
        unique.forEach((series, dated) -> index.computeIfAbsent(series.provider(), _ -> new HashMap<>())
                .computeIfAbsent(series.model(), _ -> new HashMap<>())
                .put(series.serviceTier(), List.copyOf(dated.values())));
        ArrayNode content = Json.array();
        this.rows.forEach(row -> content.add(PriceJson.content(row)));
        this.digest = Digest.of(CanonicalJson.bytes(content));
    }

    /** The digest of what decides an amount. */
    public Digest digest() {
        return digest;
    }

    /** The name that usage records and answers carry: the digest's first twelve digits. */
    public String version() {
        return digest.brief();
    }

    /** All rows, by provider, model, service tier and date. */
    public List<PriceRow> rows() {
        return rows;
    }

    /**
     * The price that counts at a time; empty where the model is unpriced.
     *
     * @param serviceTier as the provider names it; empty, {@code default} and {@code auto} mean {@link PriceRow#STANDARD}.
     *     A level of service without prices of its own is unpriced: the usual ones may be too low for it
     */
    public Optional<PriceRow> find(String provider, String model, String serviceTier, Instant at) {
        List<PriceRow> dated = index.getOrDefault(provider, Map.of())
                .getOrDefault(model, Map.of())
                .getOrDefault(PriceRow.serviceTier(serviceTier), List.of());
        for (int i = dated.size() - 1; i >= 0; i--) {
            if (!at.isBefore(dated.get(i).effectiveFrom())) {
                return Optional.of(dated.get(i));
            }
        }
        return Optional.empty();
    }
}
