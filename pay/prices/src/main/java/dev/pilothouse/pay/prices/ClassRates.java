package dev.pilothouse.pay.prices;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Rates of token classes in nano-USD for a million tokens, from 0 to {@link Rates#HIGHEST}. A class without one of its own
 * has that of its {@link TokenClass#fallback()}, or of that one's. Immutable.
 *
 * <p>One class follows a rule of its own. Most sources name a single price for cache writes, that for 5 minutes, though an
 * hour costs more. Where that is so, {@link TokenClass#CACHE_WRITE_1H} costs twice what input does, and no less than the 5
 * minutes. It is the rule of Anthropic, the provider that has the two ("Prompt caching", pricing: 1.25 times the price of
 * input for 5 minutes, 2 times for an hour), and what each price for an hour in LiteLLM's file comes to. Where writing has no
 * price at all, it is input.
 */
public final class ClassRates {
    private static final long ABSENT = -1;
    private static final long HOUR_TIMES_INPUT = 2;

    private final Map<TokenClass, Long> own;
    /** By slot, fallbacks followed. */
    private final long[] rates = new long[TokenClass.all().size()];

    /**
     * Rates of some classes.
     *
     * @throws dev.pilothouse.kernel.PilothouseException INVALID outside 0 to {@link Rates#HIGHEST}
     */
    public ClassRates(Map<TokenClass, Long> own) {
        var copy = new EnumMap<TokenClass, Long>(TokenClass.class);
        copy.putAll(own);
        copy.values().forEach(Rates::checked);
        this.own = copy;
        for (TokenClass each : TokenClass.all()) {
            Long rate = copy.get(each);
            for (var next = each.fallback();
                    rate == null && next.isPresent();
                    next = next.get().fallback()) {
                rate = copy.get(next.get());
            }
            rates[each.slot()] = rate == null ? ABSENT : rate;
        }
        if (copy.containsKey(TokenClass.CACHE_WRITE_5M) && !copy.containsKey(TokenClass.CACHE_WRITE_1H)) {
            rates[TokenClass.CACHE_WRITE_1H.slot()] = Math.max(
                    HOUR_TIMES_INPUT * rates[TokenClass.INPUT.slot()], rates[TokenClass.CACHE_WRITE_5M.slot()]);
        }
    }

    /** What a class costs, after fallback, at most twice {@link Rates#HIGHEST}; empty where it is unpriced. */
    public OptionalLong nanoUsdPerMillion(TokenClass tokenClass) {
        long rate = rates[tokenClass.slot()];
        return rate == ABSENT ? OptionalLong.empty() : OptionalLong.of(rate);
    }

    /** The stated rates, in the order of the classes, without fallbacks. */
    public Map<TokenClass, Long> own() {
        return Collections.unmodifiableMap(own);
    }

    /**
     * These where they state something, and the others' elsewhere; fallbacks are followed afterwards. Another's price for an
     * hour in the cache does not stay where these have another price of input, which it follows.
     */
    ClassRates over(ClassRates below) {
        var both = new EnumMap<TokenClass, Long>(TokenClass.class);
        both.putAll(below.own);
        both.putAll(own);
        if (own.containsKey(TokenClass.INPUT)
                && !own.containsKey(TokenClass.CACHE_WRITE_1H)
                && both.containsKey(TokenClass.CACHE_WRITE_5M)) {
            both.remove(TokenClass.CACHE_WRITE_1H);
        }
        return new ClassRates(both);
    }

    /** The dearest of some classes; empty where all are unpriced. */
    OptionalLong dearest(Iterable<TokenClass> classes) {
        long dearest = ABSENT;
        for (TokenClass each : classes) {
            dearest = Math.max(dearest, rates[each.slot()]);
        }
        return dearest == ABSENT ? OptionalLong.empty() : OptionalLong.of(dearest);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof ClassRates other && own.equals(other.own);
    }

    @Override
    public int hashCode() {
        return own.hashCode();
    }

    @Override
    public String toString() {
        return own.toString();
    }
}
