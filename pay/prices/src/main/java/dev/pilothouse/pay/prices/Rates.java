package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Money;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeSet;

/**
 * All that decides what a call costs. Immutable.
 *
 * <p>The cost is {@code Σ tokens(class) · rate(class) / 10^6 + requests · perRequest + searches · perSearch + images ·
 * perImage + characters · perMillionCharacters / 10^6 + audioMillis · perAudioSecond / 10^3}, rounded up once ({@link
 * Money.ExactSum}). The rates are those of the highest tier whose threshold the tokens on
 * the way in exceed, for the whole call; without one, the base rates. A tier's class without a rate of its own has the base's
 * own rate, and failing that the tier's fallback.
 *
 * <p>What is counted and has no rate makes the call {@link PriceError#UNPRICED}; only a missing price for requests means that
 * nothing is asked for them, since most models have none. Where a provider tells tokens as well as pieces of one thing, such as
 * the tokens of a picture and the picture, {@link #billed} says which of them counts.
 */
public final class Rates {
    /** The highest rate: a million dollars for a million units. */
    public static final long HIGHEST = Money.MILLION * Money.NANO_PER_USD;

    /** A price for a second is that for a thousand milliseconds, and so a thousandth of that for a million of them. */
    private static final long MILLIS_OF_MILLION = 1_000;

    private final ClassRates base;
    private final List<Tier> tiers;
    private final OptionalLong perRequest;
    private final OptionalLong perSearch;
    private final OptionalLong perImage;
    private final OptionalLong perMillionCharacters;
    private final OptionalLong perAudioSecond;
    /** Tiers, laid over the base, with the highest threshold first. */
    private final Tier[] effective;

    /**
     * Rates for long contexts.
     *
     * @param aboveInputTokens they count where a call has more tokens on the way in than this, from 1
     * @param rates what the tier states
     */
    public record Tier(long aboveInputTokens, ClassRates rates) {
        public Tier {
            if (aboveInputTokens < 1 || aboveInputTokens > Usage.MOST) {
                throw CommonError.INVALID.because(
                        "A tier begins above 1 to " + Usage.MOST + " tokens, not above " + aboveInputTokens + ".");
            }
        }
    }

    /** Rates without those of speech. */
    public Rates(
            ClassRates base, List<Tier> tiers, OptionalLong perRequest, OptionalLong perSearch, OptionalLong perImage) {
        this(base, tiers, perRequest, perSearch, perImage, OptionalLong.empty(), OptionalLong.empty());
    }

    /**
     * Rates, at least one of which must be stated.
     *
     * @param tiers in any order, each threshold once
     * @param perRequest nano-USD for a request; empty where nothing is asked
     * @param perSearch nano-USD for a search; empty where unpriced
     * @param perImage nano-USD for an image billed by the piece; empty where unpriced
     * @param perMillionCharacters nano-USD for a million characters that are spoken; empty where unpriced
     * @param perAudioSecond nano-USD for a second of sound that is listened to; empty where unpriced
     * @throws dev.pilothouse.kernel.PilothouseException INVALID outside 0 to {@link #HIGHEST}, or where none is stated
     */
    public Rates(
            ClassRates base,
            List<Tier> tiers,
            OptionalLong perRequest,
            OptionalLong perSearch,
            OptionalLong perImage,
            OptionalLong perMillionCharacters,
            OptionalLong perAudioSecond) {
        this.base = base;
        this.tiers = tiers.stream()
                .sorted(Comparator.comparingLong(Tier::aboveInputTokens))
                .toList();
        this.perRequest = perRequest;
        this.perSearch = perSearch;
        this.perImage = perImage;
        this.perMillionCharacters = perMillionCharacters;
        this.perAudioSecond = perAudioSecond;
        perRequest.ifPresent(Rates::checked);
        perSearch.ifPresent(Rates::checked);
        perImage.ifPresent(Rates::checked);
        perMillionCharacters.ifPresent(Rates::checked);
        perAudioSecond.ifPresent(Rates::checked);
        if (tiers.stream().map(Tier::aboveInputTokens).distinct().count() < tiers.size()) {
            throw CommonError.INVALID.because("Two tiers begin at the same number of tokens.");
        }
        if (base.own().isEmpty()
                && List.of(perRequest, perSearch, perImage, perMillionCharacters, perAudioSecond).stream()
                        .allMatch(OptionalLong::isEmpty)) {
            throw CommonError.INVALID.because("No price is stated. A price of 0 is written as 0.");
        }
        var laidOver = new ArrayList<Tier>();
        for (Tier tier : this.tiers.reversed()) {
            laidOver.add(new Tier(tier.aboveInputTokens(), tier.rates().over(base)));
        }
        this.effective = laidOver.toArray(Tier[]::new);
    }

    /** Rates of token classes alone. */
    public static Rates of(Map<TokenClass, Long> nanoUsdPerMillion) {
        return new Rates(
                new ClassRates(nanoUsdPerMillion),
                List.of(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty());
    }

    /** Rates of calls below all tiers. */
    public ClassRates base() {
        return base;
    }

    /** Tiers as stated, the lowest threshold first. */
    public List<Tier> tiers() {
        return tiers;
    }

    /** Nano-USD for a request; empty where nothing is asked. */
    public OptionalLong perRequestNanoUsd() {
        return perRequest;
    }

    /** Nano-USD for a search; empty where unpriced. */
    public OptionalLong perSearchNanoUsd() {
        return perSearch;
    }

    /** Nano-USD for an image billed by the piece; empty where unpriced. */
    public OptionalLong perImageNanoUsd() {
        return perImage;
    }

    /** Nano-USD for a million characters that are spoken; empty where unpriced. */
    public OptionalLong perMillionCharactersNanoUsd() {
        return perMillionCharacters;
    }

    /** Nano-USD for a second of sound that is listened to; empty where unpriced. */
    public OptionalLong perAudioSecondNanoUsd() {
        return perAudioSecond;
    }

    /**
     * What counts of a usage that tells one thing in two ways: its tokens where it has some and each has a price, and else its
     * images, characters and sound.
     */
    public Usage billed(Usage usage) {
        Usage tokens = usage.byTokens();
        if (tokens.equals(usage)) {
            return usage;
        }
        boolean told = usage.inputSideTokens() + usage.outputSideTokens() > 0;
        boolean priced = TokenClass.all().stream()
                .allMatch(each -> usage.tokens(each) == 0
                        || at(usage.inputSideTokens()).nanoUsdPerMillion(each).isPresent());
        return told && priced ? tokens : usage.byPieces();
    }

    /**
     * What the usage costs, in nano-USD.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link PriceError#UNPRICED} where something counted has no rate,
     *     UNPROCESSABLE where a long does not hold the cost
     */
    public long costNanoUsd(Usage usage) {
        ClassRates rates = at(usage.inputSideTokens());
        var sum = new Money.ExactSum();
        for (TokenClass each : TokenClass.all()) {
            long tokens = usage.tokens(each);
            if (tokens > 0) {
                sum.addPerMillion(tokens, priced(rates.nanoUsdPerMillion(each), each.label() + " tokens"));
            }
        }
        return addPieces(
                sum, usage.requests(), usage.searches(), usage.images(), usage.characters(), usage.audioMillis());
    }

    /**
     * The most that a call within the limits can cost, in nano-USD: the dearest class of each side, over the base and every
     * tier that the limits let the call reach. A class that stays unpriced is left out, as its use has no cost to bound.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link PriceError#UNPRICED} where a side, searches or images that
     *     the limits allow have no rate at all, UNPROCESSABLE where a long does not hold the ceiling
     */
    public long ceilingNanoUsd(CallLimits limits) {
        var sum = new Money.ExactSum();
        if (limits.inputTokens() > 0) {
            sum.addPerMillion(
                    limits.inputTokens(),
                    priced(dearest(TokenClass.INPUT_SIDE, limits.inputTokens()), "tokens on the way in"));
        }
        if (limits.outputTokens() > 0) {
            sum.addPerMillion(
                    limits.outputTokens(),
                    priced(dearest(TokenClass.OUTPUT_SIDE, limits.inputTokens()), "tokens on the way out"));
        }
        return addPieces(
                sum, limits.requests(), limits.searches(), limits.images(), limits.characters(), limits.audioMillis());
    }

    private long addPieces(
            Money.ExactSum sum, long requests, long searches, long images, long characters, long audioMillis) {
        sum.addEach(requests, perRequest.orElse(0));
        if (searches > 0) {
            sum.addEach(searches, priced(perSearch, "searches"));
        }
        if (images > 0) {
            sum.addEach(images, priced(perImage, "images by the piece"));
        }
        if (characters > 0) {
            sum.addPerMillion(characters, priced(perMillionCharacters, "characters that are spoken"));
        }
        if (audioMillis > 0) {
            sum.addPerMillion(audioMillis, MILLIS_OF_MILLION * priced(perAudioSecond, "seconds of sound"));
        }
        return sum.roundedUpNanoUsd();
    }

    /**
     * Whether both state a price for the same thing, and not the same one. What one of them says nothing of is no
     * disagreement.
     */
    boolean contradicts(Rates other) {
        var lengths = new TreeSet<>(List.of(0L));
        for (Rates each : List.of(this, other)) {
            each.tiers.forEach(tier -> lengths.add(tier.aboveInputTokens() + 1));
        }
        return lengths.stream()
                        .anyMatch(length ->
                                differ(at(length).own(), other.at(length).own()))
                || differ(perRequest, other.perRequest)
                || differ(perSearch, other.perSearch)
                || differ(perImage, other.perImage)
                || differ(perMillionCharacters, other.perMillionCharacters)
                || differ(perAudioSecond, other.perAudioSecond);
    }

    private static boolean differ(Map<TokenClass, Long> one, Map<TokenClass, Long> other) {
        return one.entrySet().stream()
                .anyMatch(rate -> !rate.getValue().equals(other.getOrDefault(rate.getKey(), rate.getValue())));
    }

    private static boolean differ(OptionalLong one, OptionalLong other) {
        return one.isPresent() && other.isPresent() && !one.equals(other);
    }

    private ClassRates at(long inputSideTokens) {
        for (Tier tier : effective) {
            if (inputSideTokens > tier.aboveInputTokens()) {
                return tier.rates();
            }
        }
        return base;
    }

    private OptionalLong dearest(List<TokenClass> classes, long inputTokens) {
        OptionalLong dearest = base.dearest(classes);
        for (Tier tier : effective) {
            if (inputTokens > tier.aboveInputTokens()) {
                OptionalLong there = tier.rates().dearest(classes);
                dearest = there.orElse(-1) > dearest.orElse(-1) ? there : dearest;
            }
        }
        return dearest;
    }

    private static long priced(OptionalLong rate, String what) {
        return rate.orElseThrow(() -> PriceError.UNPRICED.because(
                "There is no price for " + what + ". State one in a contract and import that."));
    }

    static long checked(long rate) {
        if (rate < 0 || rate > HIGHEST) {
            throw CommonError.INVALID.because("A price is from 0 to " + Money.usd(HIGHEST) + " US dollars.");
        }
        return rate;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Rates other
                && base.equals(other.base)
                && tiers.equals(other.tiers)
                && perRequest.equals(other.perRequest)
                && perSearch.equals(other.perSearch)
                && perImage.equals(other.perImage)
                && perMillionCharacters.equals(other.perMillionCharacters)
                && perAudioSecond.equals(other.perAudioSecond);
    }

    @Override
    public int hashCode() {
        return Objects.hash(base, tiers, perRequest, perSearch, perImage, perMillionCharacters, perAudioSecond);
    }

    @Override
    public String toString() {
        return "Rates[" + base + ", tiers " + tiers + ", request " + perRequest + ", search " + perSearch + ", image "
                + perImage + ", million characters " + perMillionCharacters + ", second of sound " + perAudioSecond
                + "]";
    }
}
