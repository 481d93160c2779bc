package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Reads LiteLLM's {@code model_prices_and_context_window.json}: an object of models, each with prices in USD for one token or
 * piece. For one file.
 *
 * <p>{@code …_above_<n>k_tokens} is a tier; {@code …_priority}, {@code …_flex} and {@code …_batches} are service tiers, which
 * have the usual price for what they do not state, as LiteLLM charges them. {@code tiered_pricing} lists tiers by their
 * ranges. The model is the key without the provider's name before it. Of the prices for a search by context size the dearest
 * counts. An entry without a price that is understood stays unpriced.
 */
final class LiteLlmPrices {
    private static final String EXAMPLE = "sample_spec";
    private static final String VERTEX = "vertex_ai";
    private static final Pattern PRICE =
            Pattern.compile("([a-z0-9_]+?)(?:_above_(\\d{1,6})k_tokens)?(?:_(priority|flex|batches))?");

    private static final Map<String, TokenClass> CLASSES = Map.of(
            "input_cost_per_token", TokenClass.INPUT,
            "output_cost_per_token", TokenClass.OUTPUT,
            "output_cost_per_reasoning_token", TokenClass.REASONING,
            "cache_read_input_token_cost", TokenClass.CACHE_READ,
            "cache_creation_input_token_cost", TokenClass.CACHE_WRITE_5M,
            "cache_creation_input_token_cost_above_1hr", TokenClass.CACHE_WRITE_1H,
            "input_cost_per_audio_token", TokenClass.AUDIO_INPUT,
            "output_cost_per_audio_token", TokenClass.AUDIO_OUTPUT,
            "input_cost_per_image_token", TokenClass.IMAGE_INPUT);

    private final PriceSheet.Origin origin;
    private final List<PriceRow> rows = new ArrayList<>();
    private final List<Problem> notes = new ArrayList<>();

    LiteLlmPrices(PriceSheet.Origin origin) {
        this.origin = origin;
    }

    PriceSheet read(JsonNode file) {
        if (!file.isObject()) {
            throw CommonError.INVALID.because("A price file of LiteLLM is a JSON object of models.");
        }
        file.properties().forEach(entry -> {
            if (!entry.getKey().equals(EXAMPLE)) {
                try {
                    rows.addAll(model(entry.getKey(), entry.getValue()));
                } catch (PilothouseException e) {
                    notes.add(new Problem(entry.getKey(), "Left out: " + e.detail()));
                }
            }
        });
        return new PriceSheet(rows, notes);
    }

    private List<PriceRow> model(String key, JsonNode entry) {
        if (!entry.path("litellm_provider").isString()) {
            throw CommonError.INVALID.because("It names no litellm_provider.");
        }
        var drafts = new LinkedHashMap<String, RatesDraft>();
        drafts.put(PriceRow.STANDARD, new RatesDraft());
        entry.properties().forEach(field -> {
            if (!field.getValue().isNull()) {
                read(key, field.getKey(), field.getValue(), drafts);
            }
        });
        entry.path("tiered_pricing").forEach(range -> readRange(key, range, drafts));
        RatesDraft standard = draft(drafts, PriceRow.STANDARD);
        String provider = provider(entry.path("litellm_provider").stringValue());
        var found = new ArrayList<PriceRow>();
        drafts.forEach((serviceTier, draft) -> {
            if (!draft.isEmpty()) {
                found.add(new PriceRow(
                        provider,
                        key.startsWith(provider + "/") ? key.substring(provider.length() + 1) : key,
                        serviceTier,
                        Instant.EPOCH,
                        origin.source(),
                        origin.date(),
                        draft.over(standard).rates(),
                        PriceNumbers.tokens(entry.path("max_input_tokens")),
                        PriceNumbers.tokens(entry.path("max_output_tokens"))));
            }
        });
        return found;
    }

    private void read(String key, String name, JsonNode value, Map<String, RatesDraft> drafts) {
        RatesDraft standard = draft(drafts, PriceRow.STANDARD);
        String where = key + "." + name;
        switch (name) {
            case "input_cost_per_request", "input_cost_per_query" ->
                standard.perRequest(PriceNumbers.nearest(value, PriceNumbers.PER_MILLION, where, notes));
            case "output_cost_per_image" ->
                standard.perImage(PriceNumbers.nearest(value, PriceNumbers.PER_MILLION, where, notes));
            case "search_context_cost_per_query" -> readSearches(where, value, standard);
            case "tiered_pricing" -> {
                // Read after the others, which it adds to.
            }
            default -> {
                if (!readTokens(key, name, value, 0, drafts) && name.contains("cost")) {
                    notes.add(new Problem(where, "Left out: this kind of price is not counted."));
                }
            }
        }
    }

    /** Whether it is a price of tokens. */
    private boolean readTokens(
            String key, String name, JsonNode value, long aboveInputTokens, Map<String, RatesDraft> drafts) {
        Matcher parts = PRICE.matcher(name);
        if (!parts.matches() || !CLASSES.containsKey(parts.group(1))) {
            return false;
        }
        long above = parts.group(2) == null ? aboveInputTokens : 1000 * Long.parseLong(parts.group(2));
        String serviceTier = parts.group(3) == null
                ? PriceRow.STANDARD
                : parts.group(3).equals("batches") ? "batch" : parts.group(3);
        draft(drafts, serviceTier)
                .put(
                        above,
                        CLASSES.get(parts.group(1)),
                        PriceNumbers.nearest(value, PriceNumbers.PER_TOKEN, key + "." + name, notes));
        return true;
    }

    private void readRange(String key, JsonNode range, Map<String, RatesDraft> drafts) {
        JsonNode start = range.path("range").path(0);
        if (!start.isNumber()) {
            throw CommonError.INVALID.because("Its tiered_pricing has an entry without range.");
        }
        long above = PriceNumbers.tokens(start);
        range.properties().forEach(field -> readTokens(key, field.getKey(), field.getValue(), above, drafts));
    }

    private void readSearches(String where, JsonNode sizes, RatesDraft standard) {
        long[] prices = sizes.properties().stream()
                .mapToLong(size -> PriceNumbers.nearest(size.getValue(), PriceNumbers.PER_MILLION, where, notes))
                .distinct()
                .sorted()
                .toArray();
        if (prices.length > 1) {
            notes.add(new Problem(where, "The price depends on the size of the context; the dearest counts."));
        }
        if (prices.length > 0) {
            standard.perSearch(prices[prices.length - 1]);
        }
    }

    private static RatesDraft draft(Map<String, RatesDraft> drafts, String serviceTier) {
        return drafts.computeIfAbsent(serviceTier, _ -> new RatesDraft());
    }

    /** LiteLLM splits Vertex AI into one provider for each family of models; who is paid is the same. */
    private static String provider(String named) {
        return named.startsWith(VERTEX + "-") ? VERTEX : named;
    }
}
