package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Show;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** Prices of answers in words and dollars. */
final class PriceText {
    private static final String ALWAYS = "1970-01-01T00:00:00Z";
    private static final String MIDNIGHT = "T00:00:00Z";
    private static final String FOR_TOKENS = "a million tokens";

    private PriceText() {}

    /** Nano-USD as dollars, exact; empty where there is no amount. */
    static String usd(JsonNode nanoUsd) {
        if (!nanoUsd.isString()) {
            return "";
        }
        BigDecimal usd = new BigDecimal(nanoUsd.stringValue()).movePointLeft(9).stripTrailingZeros();
        return usd.setScale(Math.max(2, usd.scale())).toPlainString();
    }

    static String model(JsonNode price) {
        return Show.text(price, "provider") + "/" + Show.text(price, "model");
    }

    static String tier(JsonNode price) {
        return Show.text(price, "serviceTier");
    }

    /** The moment from which a price counts; a day where it is the beginning of one. */
    static String from(JsonNode price) {
        String from = Show.text(price, "effectiveFrom");
        if (from.equals(ALWAYS)) {
            return "ever";
        }
        return from.endsWith(MIDNIGHT) ? from.substring(0, from.length() - MIDNIGHT.length()) : from;
    }

    /** What a row of a list has no column for. */
    static String more(JsonNode price) {
        var more = new ArrayList<String>();
        int classes = price.path("nanoUsdPerMillion").size();
        for (String shown : List.of("input", "cache-read", "output")) {
            classes -= price.path("nanoUsdPerMillion").has(shown) ? 1 : 0;
        }
        if (classes > 0) {
            more.add(classes + (classes == 1 ? " class" : " classes"));
        }
        price.path("tiers").forEach(tier -> more.add("above " + count(tier)));
        price("perRequestNanoUsd", "request", price, more);
        price("perSearchNanoUsd", "search", price, more);
        price("perImageNanoUsd", "image", price, more);
        price("perMillionCharactersNanoUsd", "characters", price, more);
        price("perAudioSecondNanoUsd", "second", price, more);
        return String.join(", ", more);
    }

    private static void price(String field, String word, JsonNode price, List<String> more) {
        if (price.has(field)) {
            more.add(word);
        }
    }

    /** Every amount of a price: name, dollars, and for how much. */
    static List<List<String>> rates(JsonNode price) {
        var rows = new ArrayList<List<String>>();
        amounts(price).forEach((name, amount) -> rows.add(List.of(name.text(), usd(amount), name.unit())));
        return rows;
    }

    /** Where two prices state the same thing and not the same amount; a row for each. */
    static List<List<String>> differences(JsonNode conflict) {
        JsonNode counts = conflict.path("counts");
        JsonNode disagrees = conflict.path("disagrees");
        var others = amounts(disagrees);
        var all = new TreeMap<>(others);
        all.putAll(amounts(counts));
        var rows = new ArrayList<List<String>>();
        all.keySet().forEach(name -> {
            JsonNode one = amount(counts, name);
            JsonNode other = amount(disagrees, name);
            if (one.isString() && other.isString() && !one.equals(other)) {
                rows.add(List.of(
                        model(disagrees),
                        tier(disagrees),
                        name.text(),
                        usd(one),
                        Show.text(counts, "source"),
                        usd(other),
                        Show.text(disagrees, "source"),
                        from(disagrees)));
            }
        });
        return rows;
    }

    /**
     * What an amount is for.
     *
     * @param above tokens on the way in beyond which it counts, 0 for all
     * @param name a class of tokens, or the field of another price
     */
    private record Name(long above, String name) implements Comparable<Name> {
        String text() {
            String word =
                    switch (name) {
                        case "perRequestNanoUsd" -> "request";
                        case "perSearchNanoUsd" -> "search";
                        case "perImageNanoUsd" -> "image";
                        case "perMillionCharactersNanoUsd" -> "million characters";
                        case "perAudioSecondNanoUsd" -> "second of sound";
                        default -> name;
                    };
            return above == 0 ? word : word + " above " + Show.count(above);
        }

        String unit() {
            return name.startsWith("per") ? "one" : FOR_TOKENS;
        }

        @Override
        public int compareTo(Name other) {
            return above == other.above ? name.compareTo(other.name) : Long.compare(above, other.above);
        }
    }

    private static SortedMap<Name, JsonNode> amounts(JsonNode price) {
        var amounts = new TreeMap<Name, JsonNode>();
        put(amounts, 0, price.path("nanoUsdPerMillion"));
        for (String field : List.of(
                "perRequestNanoUsd",
                "perSearchNanoUsd",
                "perImageNanoUsd",
                "perMillionCharactersNanoUsd",
                "perAudioSecondNanoUsd")) {
            if (price.has(field)) {
                amounts.put(new Name(0, field), price.path(field));
            }
        }
        price.path("tiers")
                .forEach(tier -> put(amounts, tier.path("aboveInputTokens").asLong(), tier.path("nanoUsdPerMillion")));
        return amounts;
    }

    private static void put(Map<Name, JsonNode> amounts, long above, JsonNode rates) {
        rates.properties().forEach(rate -> amounts.put(new Name(above, rate.getKey()), rate.getValue()));
    }

    /** The amount that counts for a name: of the highest tier below it that states one, else the base's. */
    private static JsonNode amount(JsonNode price, Name name) {
        JsonNode found = price.path("-");
        for (var each : amounts(price).entrySet()) {
            if (each.getKey().name().equals(name.name()) && each.getKey().above() <= name.above()) {
                found = each.getValue();
            }
        }
        return found;
    }

    private static String count(JsonNode tier) {
        return Show.count(tier.path("aboveInputTokens").asLong());
    }
}
