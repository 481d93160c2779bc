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
 * <p>{@code …_above_<n>k_tokens} is a tier; a further word, such as {@code …_priority}, {@code …_flex} or {@code …_batches}, is
 * a service tier, which has the usual price for what it does not state, as LiteLLM charges it. {@code tiered_pricing} lists
 * tiers by their ranges. The model is the key without the provider's name before it; {@code alias_of} is another key's
 * entry. Of the prices for a search by context size the dearest counts, and the usual price at hours that {@code
 * off_peak_pricing} makes cheaper. Pictures are priced by {@code output_cost_per_image}, or by {@code input_cost_per_image} where
 * the model's name tells their size; speech by the character, and what is listened to by the second, whose price
 * {@code output_cost_per_second} says again. An entry without a price that is understood stays unpriced.
 */
final class LiteLlmPrices {
    private static final String EXAMPLE = "sample_spec";
    private static final List<String> SPLIT = List.of("vertex_ai", "fireworks_ai");
    private static final Map<String, String> INTERFACES = Map.of(
            "bedrock_converse", "bedrock",
            "azure_text", "azure",
            "cohere_chat", "cohere",
            "text-completion-openai", "openai",
            "text-completion-codestral", "codestral",
            "text-completion-inception", "inception");
    /** What a field's name holds that means money, whether it is understood or not. */
    private static final List<String> MONEY = List.of("cost", "pricing", "multiplier");

    private static final Map<String, TokenClass> CLASSES = Map.ofEntries(
            Map.entry("input_cost_per_token", TokenClass.INPUT),
            Map.entry("output_cost_per_token", TokenClass.OUTPUT),
            Map.entry("output_cost_per_reasoning_token", TokenClass.REASONING),
            Map.entry("cache_read_input_token_cost", TokenClass.CACHE_READ),
            Map.entry("cache_creation_input_token_cost", TokenClass.CACHE_WRITE_5M),
            Map.entry("cache_creation_input_token_cost_above_1hr", TokenClass.CACHE_WRITE_1H),
            Map.entry("input_cost_per_audio_token", TokenClass.AUDIO_INPUT),
            Map.entry("output_cost_per_audio_token", TokenClass.AUDIO_OUTPUT),
            Map.entry("input_cost_per_image_token", TokenClass.IMAGE_INPUT),
            Map.entry("output_cost_per_image_token", TokenClass.IMAGE_OUTPUT));
    private static final Pattern PRICE =
            Pattern.compile("(" + String.join("|", CLASSES.keySet()) + ")(?:_above_(\\d{1,6})k_tokens)?(?:_([a-z]+))?");
    /** The size of a picture in the name of a model that costs so much in that size, such as {@code low/1024-x-1024/gpt-image-1}. */
    private static final Pattern SIZED = Pattern.compile("(?:^|/)\\d{1,5}-x-\\d{1,5}/");
    /** What some providers' cached input was called before there was a name for all. */
    private static final String CACHE_HIT = "input_cost_per_token_cache_hit";

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
                    JsonNode alias = entry.getValue().path("alias_of");
                    rows.addAll(model(
                            entry.getKey(), alias.isString() ? file.path(alias.stringValue()) : entry.getValue()));
                } catch (PilothouseException e) {
                    notes.add(new Problem(entry.getKey(), "Left out: " + e.detail()));
                }
            }
        });
        return PriceSheet.of(rows, notes);
    }

    private List<PriceRow> model(String key, JsonNode entry) {
        if (!entry.path("litellm_provider").isString()) {
            throw CommonError.INVALID.because("It names no litellm_provider.");
        }
        var drafts = new LinkedHashMap<String, RatesDraft>();
        drafts.put(PriceRow.STANDARD, new RatesDraft());
        entry.properties().forEach(field -> {
            if (!field.getValue().isNull() && MONEY.stream().anyMatch(field.getKey()::contains)) {
                read(key, entry.path("mode").asString(""), field.getKey(), field.getValue(), drafts);
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

    private void read(String key, String mode, String name, JsonNode value, Map<String, RatesDraft> drafts) {
        RatesDraft standard = draft(drafts, PriceRow.STANDARD);
        String where = key + "." + name;
        switch (name) {
            case "input_cost_per_request", "input_cost_per_query" ->
                standard.perRequest(PriceNumbers.nearest(value, PriceNumbers.PER_MILLION, where, notes));
            case "output_cost_per_image" ->
                standard.perImage(PriceNumbers.nearest(value, PriceNumbers.PER_MILLION, where, notes));
            // The same names mean other things of other models, such as the seconds for which a server is rented.
            case String n
            when n.equals("input_cost_per_image")
                    && mode.equals("image_generation")
                    && SIZED.matcher(key).find() ->
                standard.perImage(PriceNumbers.nearest(value, PriceNumbers.PER_MILLION, where, notes));
            case String n
            when n.equals("input_cost_per_character") && mode.equals("audio_speech") ->
                standard.perMillionCharacters(PriceNumbers.nearest(value, PriceNumbers.PER_TOKEN, where, notes));
            case String n
            when n.equals("input_cost_per_second") && mode.equals("audio_transcription") ->
                standard.perAudioSecond(PriceNumbers.nearest(value, PriceNumbers.PER_MILLION, where, notes));
            case "search_context_cost_per_query" -> readSearches(where, value, standard);
            case CACHE_HIT ->
                standard.putIfAbsent(
                        TokenClass.CACHE_READ, PriceNumbers.nearest(value, PriceNumbers.PER_TOKEN, where, notes));
            case "tiered_pricing" -> {
                // Read after the others, which it adds to.
            }
            default -> {
                if (!readTokens(key, name, value, 0, drafts)) {
                    notes.add(new Problem(where, "Left out: this kind of price is not counted."));
                }
            }
        }
    }

    /** Whether it is a price of tokens. */
    private boolean readTokens(
            String key, String name, JsonNode value, long aboveInputTokens, Map<String, RatesDraft> drafts) {
        Matcher parts = PRICE.matcher(name);
        TokenClass tokenClass = parts.matches() ? CLASSES.get(parts.group(1)) : null;
        if (tokenClass == null) {
            return false;
        }
        long above = parts.group(2) == null ? aboveInputTokens : 1000 * Long.parseLong(parts.group(2));
        String serviceTier = parts.group(3) == null
                ? PriceRow.STANDARD
                : parts.group(3).equals("batches") ? "batch" : parts.group(3);
        draft(drafts, serviceTier)
                .put(above, tokenClass, PriceNumbers.nearest(value, PriceNumbers.PER_TOKEN, key + "." + name, notes));
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

    /** LiteLLM splits some providers by families of models and by interfaces; who is paid is the same. */
    private static String provider(String named) {
        return SPLIT.stream()
                .filter(whole -> named.startsWith(whole + "-"))
                .findFirst()
                .orElseGet(() -> INTERFACES.getOrDefault(named, named));
    }
}
