package dev.pilothouse.run.gateway;

import com.linecorp.armeria.common.ResponseHeadersBuilder;
import dev.pilothouse.pay.budgets.Budget;
import dev.pilothouse.platform.json.Json;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an answer tells of its cost: as headers, and, because the headers of a stream go out before its cost is known, as the last
 * comment of a stream.
 *
 * @param priceVersion the price table, or {@code unpriced}; empty where no target was asked
 * @param model the target that answers, as {@code provider/model}; empty where none was asked
 * @param budgets the budgets that are charged, the widest first, and what is left of them
 * @param outputLimit the output limit where the budgets made it smaller than asked; -1 where not
 * @param degraded whether a budget made it a cheaper model than asked
 * @param cache whether it was kept; null where its alias keeps nothing
 */
record CostHeaders(
        String priceVersion,
        String model,
        List<Charged> budgets,
        long outputLimit,
        boolean degraded,
        CacheUse.@Nullable State cache) {
    /**
     * A budget that is charged.
     *
     * @param remaining what further calls may spend of it, as this server knows; empty where it does not yet
     */
    record Charged(Budget budget, OptionalLong remaining) {}

    /** Nano-USD that the request cost, all attempts together. */
    static final AsciiString COST = AsciiString.cached("x-pilothouse-cost-nano-usd");

    private static final AsciiString VERSION = AsciiString.cached("x-pilothouse-price-version");
    private static final AsciiString MODEL = AsciiString.cached("x-pilothouse-model");
    private static final AsciiString BUDGETS = AsciiString.cached("x-pilothouse-budgets");
    private static final AsciiString REMAINING = AsciiString.cached("x-pilothouse-remaining");
    private static final AsciiString DEGRADED = AsciiString.cached("x-pilothouse-degraded");
    private static final AsciiString CACHE = AsciiString.cached("x-pilothouse-cache");
    private static final AsciiString LIMIT = AsciiString.cached("x-pilothouse-output-limit");

    /** Adds what is known before the answer. */
    void addTo(ResponseHeadersBuilder headers) {
        if (!model.isEmpty()) {
            headers.set(VERSION, priceVersion).set(MODEL, model);
        }
        headers.set(DEGRADED, Boolean.toString(degraded));
        if (!budgets.isEmpty()) {
            headers.set(
                    BUDGETS,
                    budgets.stream().map(charged -> charged.budget().name()).collect(Collectors.joining(",")));
            headers.set(
                    REMAINING,
                    budgets.stream()
                            .filter(charged -> charged.remaining().isPresent())
                            .map(charged -> charged.budget().name() + "="
                                    + charged.remaining().getAsLong())
                            .collect(Collectors.joining(",")));
        }
        if (outputLimit >= 0) {
            headers.setLong(LIMIT, outputLimit);
        }
        if (cache != null) {
            headers.set(CACHE, cache.label());
        }
    }

    /**
     * The comment that ends a stream; clients pass over lines that begin with a colon (WHATWG HTML, section 9.2.6).
     *
     * @param guards what the guards came to, by their names
     */
    byte[] comment(long costNanoUsd, ObjectNode guards) {
        ObjectNode told = Json.object()
                .put("costNanoUsd", Long.toString(costNanoUsd))
                .put("priceVersion", priceVersion)
                .put("model", model)
                .put("degraded", degraded);
        var names = told.putArray("budgets");
        var left = told.putObject("remaining");
        for (Charged charged : budgets) {
            names.add(charged.budget().name());
            charged.remaining().ifPresent(rest -> left.put(charged.budget().name(), Long.toString(rest)));
        }
        if (!guards.isEmpty()) {
            told.set("guards", guards);
        }
        return (": pilothouse " + Json.write(told) + "\n\n").getBytes(StandardCharsets.UTF_8);
    }
}
