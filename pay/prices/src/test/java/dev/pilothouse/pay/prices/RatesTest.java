package dev.pilothouse.pay.prices;

import static dev.pilothouse.pay.prices.TokenClass.CACHE_READ;
import static dev.pilothouse.pay.prices.TokenClass.CACHE_WRITE_1H;
import static dev.pilothouse.pay.prices.TokenClass.CACHE_WRITE_5M;
import static dev.pilothouse.pay.prices.TokenClass.INPUT;
import static dev.pilothouse.pay.prices.TokenClass.OUTPUT;
import static dev.pilothouse.pay.prices.TokenClass.REASONING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.Money;
import dev.pilothouse.kernel.PilothouseException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RatesTest {
    /** $3 and $15, cached input $0.3; above 200,000 tokens $6 and $22.5. */
    private final Rates tiered = new Rates(
            new ClassRates(Map.of(INPUT, usd("3"), OUTPUT, usd("15"), CACHE_READ, usd("0.3"))),
            List.of(new Rates.Tier(200_000, new ClassRates(Map.of(INPUT, usd("6"), OUTPUT, usd("22.5"))))),
            OptionalLong.empty(),
            OptionalLong.of(usd("0.01")),
            OptionalLong.empty());

    @Test
    void aTierCountsForTheWholeCallOnceItsThresholdIsExceeded() {
        Usage below = Usage.NONE.with(INPUT, 100_000).with(CACHE_READ, 100_000).with(OUTPUT, 10);
        assertThat(tiered.costNanoUsd(below)).isEqualTo(usd("0.33015"));
        Usage above = below.with(INPUT, 100_001);
        // The tier says nothing of cached input, which therefore keeps its own price of the base.
        assertThat(tiered.costNanoUsd(above)).isEqualTo(usd("0.600006") + usd("0.03") + usd("0.000225"));
    }

    @Test
    void aClassWithoutAPriceHasThatOfItsSide() {
        assertThat(tiered.costNanoUsd(Usage.NONE.with(REASONING, 1_000_000))).isEqualTo(usd("15"));
        assertThat(tiered.costNanoUsd(Usage.NONE.with(CACHE_WRITE_1H, 1_000_000)))
                .isEqualTo(usd("6"));
        assertThat(tiered.costNanoUsd(Usage.NONE.with(CACHE_WRITE_1H, 1_000))).isEqualTo(usd("0.003"));
    }

    @Test
    void anHourInTheCacheCostsTwiceTheInputWhereOnlyFiveMinutesHaveAPrice() {
        Usage hour = Usage.NONE.with(CACHE_WRITE_1H, 1_000_000);
        assertThat(cost(hour, Map.of(INPUT, usd("3"), CACHE_WRITE_5M, usd("3.75"))))
                .isEqualTo(usd("6"));
        assertThat(cost(hour, Map.of(INPUT, usd("3"), CACHE_WRITE_5M, usd("3.75"), CACHE_WRITE_1H, usd("5"))))
                .isEqualTo(usd("5"));
        assertThat(cost(hour, Map.of(INPUT, usd("3"), CACHE_WRITE_5M, usd("9"))))
                .isEqualTo(usd("9"));
        assertThat(cost(hour, Map.of(INPUT, usd("0"), CACHE_WRITE_5M, usd("0"))))
                .isZero();
        assertThat(cost(hour, Map.of(INPUT, usd("3")))).isEqualTo(usd("3"));
        // A contract's lower price of input lowers it; the ceiling is never below the cost.
        Rates contract = Rates.of(Map.of(INPUT, usd("2"), CACHE_WRITE_5M, usd("2.5")));
        assertThat(contract.costNanoUsd(hour)).isEqualTo(usd("4"));
        assertThat(contract.ceilingNanoUsd(CallLimits.tokens(1_000_000, 0))).isEqualTo(usd("4"));
    }

    @Test
    void aTierWithoutAPriceForAnHourFollowsTheTiersInput() {
        var base = new ClassRates(Map.of(INPUT, usd("3"), CACHE_WRITE_5M, usd("3.75"), CACHE_WRITE_1H, usd("6")));
        Rates rates = new Rates(
                base,
                List.of(
                        new Rates.Tier(1_000, new ClassRates(Map.of(INPUT, usd("6")))),
                        new Rates.Tier(1_000_000, new ClassRates(Map.of(OUTPUT, usd("1"))))),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty());
        assertThat(rates.costNanoUsd(Usage.NONE.with(CACHE_WRITE_1H, 1_000))).isEqualTo(usd("0.006"));
        assertThat(rates.costNanoUsd(Usage.NONE.with(CACHE_WRITE_1H, 10_000))).isEqualTo(usd("0.12"));
        assertThat(rates.costNanoUsd(Usage.NONE.with(CACHE_WRITE_1H, 10_000_000)))
                .isEqualTo(usd("60"));
    }

    @Test
    void piecesHaveTheirPrices() {
        assertThat(tiered.costNanoUsd(Usage.NONE.withRequests(5).withSearches(3)))
                .isEqualTo(usd("0.03"));
        assertThatThrownBy(() -> tiered.costNanoUsd(Usage.NONE.withImages(1)))
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(PriceError.UNPRICED));
    }

    @Test
    void theCeilingUsesATierOnlyWhereTheLimitsReachIt() {
        assertThat(tiered.ceilingNanoUsd(CallLimits.tokens(200_000, 0))).isEqualTo(usd("0.6"));
        assertThat(tiered.ceilingNanoUsd(CallLimits.tokens(200_001, 0))).isEqualTo(usd("1.200006"));
        assertThat(tiered.ceilingNanoUsd(CallLimits.tokens(200_001, 1_000_000)))
                .isEqualTo(usd("1.200006") + usd("22.5"));
    }

    @Test
    void whatCannotBeHeldIsRefused() {
        Rates dear = Rates.of(Map.of(INPUT, Rates.HIGHEST));
        assertThat(dear.costNanoUsd(Usage.NONE.with(INPUT, 9_000_000_000L))).isEqualTo(9_000_000_000_000_000_000L);
        assertThatThrownBy(() -> dear.costNanoUsd(Usage.NONE.with(INPUT, 9_300_000_000L)))
                .hasMessageContaining("largest");
        assertThatThrownBy(() -> dear.ceilingNanoUsd(CallLimits.tokens(Usage.MOST, 0)))
                .isInstanceOf(PilothouseException.class);
        assertThatThrownBy(() -> Rates.of(Map.of(INPUT, Rates.HIGHEST + 1))).isInstanceOf(PilothouseException.class);
        assertThatThrownBy(() -> Rates.of(Map.of(INPUT, -1L))).isInstanceOf(PilothouseException.class);
        assertThatThrownBy(() -> Usage.NONE.with(INPUT, -1)).isInstanceOf(PilothouseException.class);
        assertThatThrownBy(() -> CallLimits.tokens(-1, 0)).isInstanceOf(PilothouseException.class);
    }

    @Test
    void costsEqualThoseOfUnlimitedDecimalsAndStayBelowTheCeiling() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            Rates rates = randomRates(random);
            Usage usage = randomUsage(random);
            long cost = rates.costNanoUsd(usage);
            assertThat(cost).as("seed %d, round %d", seed, round).isEqualTo(model(rates, usage));
            var limits = new CallLimits(
                    usage.inputSideTokens() + random.nextInt(3),
                    usage.outputSideTokens() + random.nextInt(3),
                    usage.requests(),
                    usage.searches(),
                    usage.images());
            assertThat(rates.ceilingNanoUsd(limits))
                    .as("seed %d, round %d: %s of %s", seed, round, usage, rates)
                    .isGreaterThanOrEqualTo(cost);
        }
    }

    @Test
    void sourcesDisagreeOnWhatBothSayAndNotOnWhatOneSaysNothingOf() {
        Map<TokenClass, Long> stated = Map.of(INPUT, usd("3"), OUTPUT, usd("15"));
        Rates flat = Rates.of(stated);
        assertThat(flat.contradicts(Rates.of(Map.of(INPUT, usd("3"), CACHE_READ, usd("0.3")))))
                .isFalse();
        assertThat(flat.contradicts(Rates.of(Map.of(INPUT, usd("3"), OUTPUT, usd("16")))))
                .isTrue();
        // A price that rises with the length of the context is not one that stays.
        assertThat(flat.contradicts(tiered)).isTrue();
        assertThat(tiered.contradicts(flat)).isTrue();
        assertThat(tiered.contradicts(tiered)).isFalse();
        var searches = new Rates(
                new ClassRates(stated), List.of(), OptionalLong.empty(), OptionalLong.of(5), OptionalLong.empty());
        assertThat(flat.contradicts(searches)).isFalse();
        assertThat(searches.contradicts(new Rates(
                        new ClassRates(stated),
                        List.of(),
                        OptionalLong.empty(),
                        OptionalLong.of(6),
                        OptionalLong.empty())))
                .isTrue();
    }

    /** The rules once more, plainly and in unlimited decimals. */
    private static long model(Rates rates, Usage usage) {
        Map<TokenClass, Long> stated = new EnumMap<>(TokenClass.class);
        stated.putAll(rates.base().own());
        rates.tiers().stream()
                .filter(tier -> usage.inputSideTokens() > tier.aboveInputTokens())
                .reduce((_, higher) -> higher)
                .ifPresent(tier -> {
                    Map<TokenClass, Long> own = tier.rates().own();
                    boolean writes = stated.containsKey(CACHE_WRITE_5M) || own.containsKey(CACHE_WRITE_5M);
                    if (own.containsKey(INPUT) && writes) {
                        stated.remove(CACHE_WRITE_1H);
                    }
                    stated.putAll(own);
                });
        if (stated.containsKey(CACHE_WRITE_5M)) {
            stated.putIfAbsent(
                    CACHE_WRITE_1H,
                    Math.max(2 * stated.getOrDefault(INPUT, -1L), stated.getOrDefault(CACHE_WRITE_5M, -1L)));
        }
        BigDecimal usd = BigDecimal.ZERO;
        for (TokenClass each : TokenClass.values()) {
            TokenClass side = TokenClass.OUTPUT_SIDE.contains(each) ? OUTPUT : INPUT;
            BigDecimal usdPerToken =
                    new BigDecimal(stated.getOrDefault(each, stated.getOrDefault(side, -1L))).movePointLeft(15);
            usd = usd.add(usdPerToken.multiply(new BigDecimal(usage.tokens(each))));
        }
        usd = usd.add(new BigDecimal(
                                usage.requests() * rates.perRequestNanoUsd().orElse(0))
                        .movePointLeft(9))
                .add(new BigDecimal(usage.searches() * rates.perSearchNanoUsd().orElseThrow()).movePointLeft(9))
                .add(new BigDecimal(usage.images() * rates.perImageNanoUsd().orElseThrow()).movePointLeft(9));
        return usd.movePointRight(9).setScale(0, RoundingMode.CEILING).longValueExact();
    }

    private static Rates randomRates(Random random) {
        var thresholds = new TreeSet<Long>();
        while (random.nextInt(3) > 0) {
            thresholds.add(1 + random.nextLong(2_000));
        }
        var tiers = new ArrayList<Rates.Tier>();
        thresholds.forEach(above -> tiers.add(new Rates.Tier(above, classRates(random, false))));
        return new Rates(
                classRates(random, true),
                tiers,
                random.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(random.nextInt(1_000)),
                OptionalLong.of(random.nextInt(1_000)),
                OptionalLong.of(random.nextInt(1_000)));
    }

    private static ClassRates classRates(Random random, boolean both) {
        var own = new EnumMap<TokenClass, Long>(TokenClass.class);
        for (TokenClass each : TokenClass.values()) {
            if (random.nextInt(3) == 0 || (both && each.fallback().isEmpty())) {
                own.put(each, random.nextLong(1L << random.nextInt(1, 40)));
            }
        }
        return new ClassRates(own);
    }

    private static Usage randomUsage(Random random) {
        Usage usage = Usage.NONE;
        for (TokenClass each : TokenClass.values()) {
            if (random.nextBoolean()) {
                usage = usage.with(each, random.nextLong(1L << random.nextInt(1, 20)));
            }
        }
        return usage.withRequests(random.nextInt(3))
                .withSearches(random.nextInt(3))
                .withImages(random.nextInt(3));
    }

    private static long cost(Usage usage, Map<TokenClass, Long> rates) {
        return Rates.of(rates).costNanoUsd(usage);
    }

    private static long usd(String amount) {
        return Money.parseNanoUsd(amount);
    }
}
