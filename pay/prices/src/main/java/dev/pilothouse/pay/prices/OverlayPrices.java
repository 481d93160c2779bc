package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Reads our own price file, for what a contract says and for models of one's own; all its mistakes are told together, and
 * with one nothing is imported:
 *
 * <pre>{@code
 * prices:
 *   - provider: openai
 *     model: gpt-4o
 *     service-tier: flex              # else the usual one
 *     effective-from: 2026-02-01      # a day (UTC) or a moment; else since ever
 *     usd-per-million: {input: 2.5, cache-read: 0.0375, output: 10}
 *     usd-per-request: 0.001
 *     usd-per-search: 0.01
 *     usd-per-image: 0.04
 *     usd-per-million-characters: 15
 *     usd-per-audio-second: 0.0001
 *     max-input-tokens: 128000
 *     max-output-tokens: 16384
 *     tiers:
 *       - above-input-tokens: 200000
 *         usd-per-million: {input: 5}
 * }</pre>
 */
final class OverlayPrices {
    private static final List<String> TOP = List.of("prices");
    private static final List<String> PRICE = List.of(
            "provider",
            "model",
            "service-tier",
            "effective-from",
            "usd-per-million",
            "usd-per-request",
            "usd-per-search",
            "usd-per-image",
            "usd-per-million-characters",
            "usd-per-audio-second",
            "max-input-tokens",
            "max-output-tokens",
            "tiers");
    private static final List<String> TIER = List.of("above-input-tokens", "usd-per-million");
    private static final ObjectReader YAML =
            YAMLMapper.builder().build().reader().with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private final PriceSheet.Origin origin;
    private final List<PriceRow> rows = new ArrayList<>();
    private final List<Problem> problems = new ArrayList<>();

    OverlayPrices(PriceSheet.Origin origin) {
        this.origin = origin;
    }

    PriceSheet read(byte[] file) {
        JsonNode yaml = parse(file);
        if (!yaml.path("prices").isArray()) {
            throw CommonError.INVALID.because("A price file of ours is YAML with a list 'prices'.");
        }
        checkNames("", yaml, TOP);
        int i = 0;
        for (JsonNode price : yaml.path("prices")) {
            row("prices[" + i++ + "]", price);
        }
        PriceSheet sheet = PriceSheet.of(rows, List.of());
        problems.addAll(sheet.notes());
        if (!problems.isEmpty()) {
            throw CommonError.invalid("The price file has mistakes; nothing was imported.", problems);
        }
        return sheet;
    }

    private void row(String where, JsonNode price) {
        checkNames(where, price, PRICE);
        var draft = new RatesDraft();
        rates(where, price.path("usd-per-million"), 0, draft);
        int i = 0;
        for (JsonNode tier : price.path("tiers")) {
            String place = where + ".tiers[" + i++ + "]";
            checkNames(place, tier, TIER);
            long above = PriceNumbers.tokens(tier.path("above-input-tokens"));
            if (above == 0) {
                problems.add(new Problem(place + ".above-input-tokens", "A tier begins above 1 or more tokens."));
            } else {
                rates(place, tier.path("usd-per-million"), above, draft);
            }
        }
        piece(where, price, "usd-per-request", draft::perRequest);
        piece(where, price, "usd-per-search", draft::perSearch);
        piece(where, price, "usd-per-image", draft::perImage);
        piece(where, price, "usd-per-million-characters", draft::perMillionCharacters);
        piece(where, price, "usd-per-audio-second", draft::perAudioSecond);
        attempt(
                where,
                () -> rows.add(new PriceRow(
                        price.path("provider").asString(""),
                        price.path("model").asString(""),
                        PriceRow.serviceTier(price.path("service-tier").asString("")),
                        from(price.path("effective-from")),
                        origin.source(),
                        origin.date(),
                        draft.rates(),
                        PriceNumbers.tokens(price.path("max-input-tokens")),
                        PriceNumbers.tokens(price.path("max-output-tokens")))));
    }

    private void rates(String where, JsonNode stated, long above, RatesDraft draft) {
        stated.properties()
                .forEach(rate -> attempt(
                        where + ".usd-per-million." + rate.getKey(),
                        () -> draft.put(
                                above,
                                TokenClass.parse(rate.getKey()),
                                PriceNumbers.exact(rate.getValue(), PriceNumbers.PER_MILLION))));
    }

    private void piece(String where, JsonNode price, String name, Consumer<Long> put) {
        if (price.has(name)) {
            attempt(
                    where + "." + name,
                    () -> put.accept(PriceNumbers.exact(price.path(name), PriceNumbers.PER_MILLION)));
        }
    }

    private void attempt(String where, Runnable part) {
        try {
            part.run();
        } catch (PilothouseException e) {
            problems.add(new Problem(where, e.detail()));
        }
    }

    private void checkNames(String where, JsonNode object, List<String> known) {
        object.propertyNames().stream()
                .filter(name -> !known.contains(name))
                .forEach(name -> problems.add(new Problem(
                        where.isEmpty() ? name : where + "." + name,
                        "There is no such field." + Nearest.hint(name, known))));
    }

    /** A day, from its beginning in UTC, or a moment. */
    static Instant from(JsonNode date) {
        if (date.isMissingNode() || date.isNull()) {
            return Instant.EPOCH;
        }
        String text = date.asString("");
        try {
            return text.contains("T")
                    ? Instant.parse(text)
                    : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
        } catch (DateTimeException e) {
            throw CommonError.INVALID.because(
                    "'" + text + "' is neither a day such as 2026-02-01 nor a moment such as 2026-02-01T12:00:00Z.", e);
        }
    }

    private static JsonNode parse(byte[] file) {
        try {
            return YAML.readTree(file);
        } catch (JacksonException e) {
            throw CommonError.INVALID.because("The price file is not valid YAML: " + e.getOriginalMessage(), e);
        }
    }
}
