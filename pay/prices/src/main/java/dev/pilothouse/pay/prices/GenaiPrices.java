package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/**
 * Reads the {@code data.json} of genai-prices: providers with models, whose prices are in USD for a million tokens or a
 * thousand requests, and may be a list with dates from which they count. For one file.
 *
 * <p>A model is known by its id and by the names that its {@code match} says equal it; names that a match finds otherwise are
 * patterns, which prices are not found by. Of a list of prices the last whose date has come counts, and the first where none
 * has. {@code price_variants} lay other prices over these for a service tier, {@code processing: batch} among them, the first
 * that states a price standing against later ones; variants by anything else are left out, with a note. A price that counts
 * at some hours of the day only cannot be told by a table of dates, so such a model stays unpriced, with a note.
 */
final class GenaiPrices {
    private static final Map<String, TokenClass> CLASSES = Map.ofEntries(
            Map.entry("input_mtok", TokenClass.INPUT),
            Map.entry("output_mtok", TokenClass.OUTPUT),
            Map.entry("output_reasoning_mtok", TokenClass.REASONING),
            Map.entry("cache_read_mtok", TokenClass.CACHE_READ),
            Map.entry("cache_write_mtok", TokenClass.CACHE_WRITE_5M),
            Map.entry("cache_write_5m_mtok", TokenClass.CACHE_WRITE_5M),
            Map.entry("cache_write_1h_mtok", TokenClass.CACHE_WRITE_1H),
            Map.entry("input_audio_mtok", TokenClass.AUDIO_INPUT),
            Map.entry("output_audio_mtok", TokenClass.AUDIO_OUTPUT),
            Map.entry("input_image_mtok", TokenClass.IMAGE_INPUT),
            Map.entry("output_image_mtok", TokenClass.IMAGE_OUTPUT));

    private final PriceSheet.Origin origin;
    private final List<PriceRow> rows = new ArrayList<>();
    private final List<Problem> notes = new ArrayList<>();

    GenaiPrices(PriceSheet.Origin origin) {
        this.origin = origin;
    }

    PriceSheet read(JsonNode file) {
        JsonNode providers = file.isArray() ? file : file.path("providers");
        if (!providers.isArray()) {
            throw CommonError.INVALID.because("A price file of genai-prices is a JSON list of providers.");
        }
        for (JsonNode provider : providers) {
            for (JsonNode model : provider.path("models")) {
                String where = provider.path("id").asString("?") + "/"
                        + model.path("id").asString("?");
                try {
                    rows.addAll(model(where, provider.path("id").asString(""), model));
                } catch (PilothouseException e) {
                    notes.add(new Problem(where, "Left out: " + e.detail()));
                }
            }
        }
        return PriceSheet.of(rows, notes);
    }

    private List<PriceRow> model(String where, String provider, JsonNode model) {
        var names = new LinkedHashSet<String>();
        names.add(model.path("id").asString(""));
        addEquals(model.path("match"), names);
        JsonNode prices = model.path("prices");
        var standard = new ArrayList<Dated>();
        for (JsonNode dated : prices.isArray() ? prices : List.of(prices)) {
            standard.add(
                    prices.isArray()
                            ? new Dated(start(dated.path("constraint")), draft(where, dated.path("prices")))
                            : new Dated(Instant.EPOCH, draft(where, dated)));
        }
        var found = new ArrayList<PriceRow>();
        add(found, provider, names, PriceRow.STANDARD, model, line(standard, List.of()));
        variants(where, model).forEach((serviceTier, variants) -> {
            Instant first = variants.stream()
                    .map(Dated::from)
                    .min(Comparator.naturalOrder())
                    .orElseThrow();
            add(
                    found,
                    provider,
                    names,
                    serviceTier,
                    model,
                    line(standard, variants).tailMap(first, true));
        });
        return found;
    }

    /**
     * Prices and the moment from which they count.
     *
     * @param from {@link Instant#EPOCH} where always
     */
    private record Dated(Instant from, RatesDraft draft) {}

    /** What counts from each moment at which something changes. */
    private static NavigableMap<Instant, RatesDraft> line(List<Dated> standard, List<Dated> variants) {
        var moments = new TreeSet<Instant>(List.of(Instant.EPOCH));
        standard.forEach(dated -> moments.add(dated.from()));
        variants.forEach(dated -> moments.add(dated.from()));
        var line = new TreeMap<Instant, RatesDraft>();
        for (Instant moment : moments) {
            RatesDraft counts =
                    standard.isEmpty() ? new RatesDraft() : standard.getFirst().draft();
            for (Dated dated : standard) {
                counts = dated.from().isAfter(moment) ? counts : dated.draft();
            }
            for (Dated dated : variants.reversed()) {
                counts = dated.from().isAfter(moment) ? counts : dated.draft().inPlaceOf(counts);
            }
            line.put(moment, counts);
        }
        return line;
    }

    private void add(
            List<PriceRow> found,
            String provider,
            Set<String> names,
            String serviceTier,
            JsonNode model,
            SortedMap<Instant, RatesDraft> line) {
        line.forEach((from, draft) -> {
            if (!draft.isEmpty()) {
                Rates rates = draft.rates();
                names.forEach(name -> found.add(new PriceRow(
                        provider,
                        name,
                        serviceTier,
                        from,
                        origin.source(),
                        origin.date(),
                        rates,
                        PriceNumbers.tokens(model.path("context_window")),
                        0)));
            }
        });
    }

    /** Variants by the service tier that they are for. */
    private Map<String, List<Dated>> variants(String where, JsonNode model) {
        var byTier = new LinkedHashMap<String, List<Dated>>();
        for (JsonNode variant : model.path("price_variants")) {
            JsonNode when = variant.path("when");
            String tier = when.path("processing").asString("").equals("batch")
                    ? "batch"
                    : when.path("service_tier").asString("");
            if (when.size() != 1 || tier.isEmpty()) {
                notes.add(new Problem(where, "Left out: a price that counts when " + when + "."));
            } else if (!PriceRow.serviceTier(tier).equals(PriceRow.STANDARD)) {
                byTier.computeIfAbsent(PriceRow.serviceTier(tier), _ -> new ArrayList<>())
                        .add(new Dated(start(variant.path("constraint")), draft(where, variant.path("prices"))));
            } else if (!variant.path("prices").isEmpty()) {
                notes.add(new Problem(where, "Left out: another price for the usual service tier."));
            }
        }
        return byTier;
    }

    private RatesDraft draft(String where, JsonNode stated) {
        var draft = new RatesDraft();
        stated.properties().forEach(price -> {
            String place = where + "." + price.getKey();
            JsonNode value = price.getValue();
            TokenClass tokenClass = CLASSES.get(price.getKey());
            if (value.isNull()) {
                return;
            }
            if (tokenClass != null) {
                JsonNode base = value.isObject() ? value.path("base") : value;
                draft.put(0, tokenClass, PriceNumbers.nearest(base, PriceNumbers.PER_MILLION, place, notes));
                for (JsonNode tier : value.path("tiers")) {
                    draft.put(
                            threshold(tier),
                            tokenClass,
                            PriceNumbers.nearest(tier.path("price"), PriceNumbers.PER_MILLION, place, notes));
                }
                return;
            }
            switch (price.getKey()) {
                case "requests_kcount" ->
                    draft.perRequest(PriceNumbers.nearest(value, PriceNumbers.PER_THOUSAND, place, notes));
                case "web_searches_kcount" ->
                    draft.perSearch(PriceNumbers.nearest(value, PriceNumbers.PER_THOUSAND, place, notes));
                default -> notes.add(new Problem(place, "Left out: this kind of price is not counted."));
            }
        });
        return draft;
    }

    private static long threshold(JsonNode tier) {
        long start = PriceNumbers.tokens(tier.path("start"));
        if (start == 0) {
            throw CommonError.INVALID.because("Its price has a tier without a number of tokens to start at.");
        }
        return start;
    }

    /** The moment a price begins to count. */
    private static Instant start(JsonNode constraint) {
        if (constraint.isMissingNode() || constraint.isNull()) {
            return Instant.EPOCH;
        }
        JsonNode date = constraint.path("start_date");
        if (!date.isString()) {
            throw CommonError.INVALID.because("Its price depends on something else than a date.");
        }
        try {
            return LocalDate.parse(date.stringValue())
                    .atStartOfDay(ZoneOffset.UTC)
                    .toInstant();
        } catch (DateTimeException e) {
            throw CommonError.INVALID.because("Its price has a date that is none.", e);
        }
    }

    private static void addEquals(JsonNode clause, Set<String> names) {
        if (clause.path("equals").isString()) {
            names.add(clause.path("equals").stringValue());
        }
        clause.path("or").forEach(each -> addEquals(each, names));
    }
}
