package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Reads the {@code data.json} of genai-prices: providers with models, whose prices are in USD for a million tokens or a
 * thousand requests, and may be a list with dates from which they count. For one file.
 *
 * <p>A model is known by its id and by the names that its {@code match} says equal it; names that a match finds otherwise are
 * patterns, which prices are not found by. A price that counts at some hours of the day only cannot be told by a table of
 * dates, so such a model stays unpriced, with a note.
 */
final class GenaiPrices {
    private static final Map<String, TokenClass> CLASSES = Map.of(
            "input_mtok", TokenClass.INPUT,
            "output_mtok", TokenClass.OUTPUT,
            "cache_read_mtok", TokenClass.CACHE_READ,
            "cache_write_mtok", TokenClass.CACHE_WRITE_5M,
            "input_audio_mtok", TokenClass.AUDIO_INPUT,
            "output_audio_mtok", TokenClass.AUDIO_OUTPUT);

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
        return new PriceSheet(rows, notes);
    }

    private List<PriceRow> model(String where, String provider, JsonNode model) {
        var names = new LinkedHashSet<String>();
        names.add(model.path("id").asString(""));
        addEquals(model.path("match"), names);
        var found = new ArrayList<PriceRow>();
        JsonNode prices = model.path("prices");
        for (JsonNode dated : prices.isArray() ? prices : List.of(prices)) {
            JsonNode stated = prices.isArray() ? dated.path("prices") : dated;
            Instant start = start(dated.path("constraint"));
            // The first of a list counts where no other does, whatever its own date.
            Instant from = found.isEmpty() ? Instant.EPOCH : start;
            RatesDraft draft = draft(where, stated);
            if (draft.isEmpty()) {
                continue;
            }
            Rates rates = draft.rates();
            // Of two that count at the same moment the later in the list wins.
            found.removeIf(row -> row.effectiveFrom().equals(from));
            names.forEach(name -> found.add(new PriceRow(
                    provider,
                    name,
                    PriceRow.STANDARD,
                    from,
                    origin.source(),
                    origin.date(),
                    rates,
                    PriceNumbers.tokens(model.path("context_window")),
                    0)));
        }
        return found;
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
                            PriceNumbers.tokens(tier.path("start")),
                            tokenClass,
                            PriceNumbers.nearest(tier.path("price"), PriceNumbers.PER_MILLION, place, notes));
                }
            } else if (price.getKey().equals("requests_kcount")) {
                draft.perRequest(PriceNumbers.nearest(value, PriceNumbers.PER_THOUSAND, place, notes));
            } else {
                notes.add(new Problem(place, "Left out: this kind of price is not counted."));
            }
        });
        return draft;
    }

    /** The moment a price begins to count. */
    private static Instant start(JsonNode constraint) {
        if (constraint.isMissingNode() || constraint.isNull()) {
            return Instant.EPOCH;
        }
        JsonNode date = constraint.has("start_date") ? constraint.path("start_date") : constraint.path("start");
        if (!date.isString()) {
            throw CommonError.INVALID.because("Its price depends on something else than a date.");
        }
        try {
            String text = date.stringValue();
            return text.contains("T")
                    ? OffsetDateTime.parse(text).toInstant()
                    : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
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
