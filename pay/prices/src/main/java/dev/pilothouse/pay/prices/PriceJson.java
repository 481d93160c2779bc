package dev.pilothouse.pay.prices;

import dev.pilothouse.platform.json.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.OptionalLong;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Rows as JSON, in the store, in answers and under a table's digest; amounts as decimal strings of nano-USD. */
final class PriceJson {
    private PriceJson() {}

    /** What decides an amount. */
    static ObjectNode content(PriceRow row) {
        ObjectNode json = Json.object()
                .put("provider", row.provider())
                .put("model", row.model())
                .put("serviceTier", row.serviceTier())
                .put("effectiveFrom", row.effectiveFrom().toString())
                .put("source", row.source());
        json.set("nanoUsdPerMillion", rates(row.rates().base()));
        ArrayNode tiers = json.putArray("tiers");
        row.rates()
                .tiers()
                .forEach(tier -> tiers.addObject()
                        .put("aboveInputTokens", tier.aboveInputTokens())
                        .set("nanoUsdPerMillion", rates(tier.rates())));
        put(json, "perRequestNanoUsd", row.rates().perRequestNanoUsd());
        put(json, "perSearchNanoUsd", row.rates().perSearchNanoUsd());
        put(json, "perImageNanoUsd", row.rates().perImageNanoUsd());
        put(json, "perMillionCharactersNanoUsd", row.rates().perMillionCharactersNanoUsd());
        put(json, "perAudioSecondNanoUsd", row.rates().perAudioSecondNanoUsd());
        return json.put("maxInputTokens", row.maxInputTokens()).put("maxOutputTokens", row.maxOutputTokens());
    }

    /** All of a row. */
    static ObjectNode json(PriceRow row) {
        return content(row).put("sourceDate", row.sourceDate().toString());
    }

    /** Reads what {@link #json} wrote. */
    static PriceRow row(JsonNode json) {
        var tiers = new ArrayList<Rates.Tier>();
        json.path("tiers")
                .forEach(tier -> tiers.add(new Rates.Tier(
                        tier.path("aboveInputTokens").longValue(), rates(tier.path("nanoUsdPerMillion")))));
        return new PriceRow(
                json.path("provider").stringValue(),
                json.path("model").stringValue(),
                json.path("serviceTier").stringValue(),
                Instant.parse(json.path("effectiveFrom").stringValue()),
                json.path("source").stringValue(),
                LocalDate.parse(json.path("sourceDate").stringValue()),
                new Rates(
                        rates(json.path("nanoUsdPerMillion")),
                        tiers,
                        amount(json, "perRequestNanoUsd"),
                        amount(json, "perSearchNanoUsd"),
                        amount(json, "perImageNanoUsd"),
                        amount(json, "perMillionCharactersNanoUsd"),
                        amount(json, "perAudioSecondNanoUsd")),
                json.path("maxInputTokens").longValue(),
                json.path("maxOutputTokens").longValue());
    }

    /** Rows for the store: their JSON, compressed (RFC 1952). */
    static byte[] packed(List<PriceRow> rows) {
        ArrayNode array = Json.array();
        rows.forEach(row -> array.add(json(row)));
        var bytes = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(bytes)) {
            gzip.write(Json.bytes(array));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Reads what {@link #packed} wrote. */
    static List<PriceRow> unpacked(byte[] bytes) {
        var rows = new ArrayList<PriceRow>();
        try (var gzip = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            Json.parse(gzip.readAllBytes()).forEach(json -> rows.add(row(json)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return List.copyOf(rows);
    }

    private static ObjectNode rates(ClassRates rates) {
        ObjectNode json = Json.object();
        rates.own().forEach((tokenClass, rate) -> json.put(tokenClass.label(), Long.toString(rate)));
        return json;
    }

    private static ClassRates rates(JsonNode json) {
        var own = new EnumMap<TokenClass, Long>(TokenClass.class);
        json.properties()
                .forEach(e -> own.put(
                        TokenClass.parse(e.getKey()),
                        Long.parseLong(e.getValue().stringValue())));
        return new ClassRates(own);
    }

    private static void put(ObjectNode json, String name, OptionalLong amount) {
        amount.ifPresent(nanoUsd -> json.put(name, Long.toString(nanoUsd)));
    }

    private static OptionalLong amount(JsonNode json, String name) {
        return json.path(name).isString()
                ? OptionalLong.of(Long.parseLong(json.path(name).stringValue()))
                : OptionalLong.empty();
    }
}
