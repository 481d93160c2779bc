package dev.pilothouse.pay.prices;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Rates of token classes in nano-USD for a million tokens, from 0 to {@link Rates#HIGHEST}. A class without one of its own
 * has that of its {@link TokenClass#fallback()}, or of that one's. Immutable.
 */
public final class ClassRates {
    private static final long ABSENT = -1;

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
    }

    /** What a class costs, after fallback; empty where it is unpriced. */
    public OptionalLong nanoUsdPerMillion(TokenClass tokenClass) {
        long rate = rates[tokenClass.slot()];
        return rate == ABSENT ? OptionalLong.empty() : OptionalLong.of(rate);
    }

    /** The stated rates, in the order of the classes, without fallbacks. */
    public Map<TokenClass, Long> own() {
        return Collections.unmodifiableMap(own);
    }

    /** These where they state something, and the others' elsewhere; fallbacks are followed afterwards. */
    ClassRates over(ClassRates below) {
        var both = new EnumMap<TokenClass, Long>(TokenClass.class);
        both.putAll(below.own);
        both.putAll(own);
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
