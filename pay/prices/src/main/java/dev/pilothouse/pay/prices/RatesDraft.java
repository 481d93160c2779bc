package dev.pilothouse.pay.prices;

import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Rates while a file is read, price by price. For one thread. */
final class RatesDraft {
    /** By threshold; the base is at 0. */
    private final TreeMap<Long, Map<TokenClass, Long>> byThreshold = new TreeMap<>();

    private OptionalLong perRequest = OptionalLong.empty();
    private OptionalLong perSearch = OptionalLong.empty();
    private OptionalLong perImage = OptionalLong.empty();
    private OptionalLong perMillionCharacters = OptionalLong.empty();
    private OptionalLong perAudioSecond = OptionalLong.empty();

    void put(long aboveInputTokens, TokenClass tokenClass, long nanoUsdPerMillion) {
        byThreshold
                .computeIfAbsent(aboveInputTokens, _ -> new EnumMap<>(TokenClass.class))
                .put(tokenClass, nanoUsdPerMillion);
    }

    /** For a class's older name, beside which a file may still state the newer one. */
    void putIfAbsent(TokenClass tokenClass, long nanoUsdPerMillion) {
        byThreshold
                .computeIfAbsent(0L, _ -> new EnumMap<>(TokenClass.class))
                .putIfAbsent(tokenClass, nanoUsdPerMillion);
    }

    void perRequest(long nanoUsd) {
        perRequest = OptionalLong.of(nanoUsd);
    }

    void perSearch(long nanoUsd) {
        perSearch = OptionalLong.of(nanoUsd);
    }

    void perImage(long nanoUsd) {
        perImage = OptionalLong.of(nanoUsd);
    }

    void perMillionCharacters(long nanoUsd) {
        perMillionCharacters = OptionalLong.of(nanoUsd);
    }

    void perAudioSecond(long nanoUsd) {
        perAudioSecond = OptionalLong.of(nanoUsd);
    }

    /** Whether it states no price that could stand alone: tiers need a base. */
    boolean isEmpty() {
        return byThreshold.getOrDefault(0L, Map.of()).isEmpty()
                && perRequest.isEmpty()
                && perSearch.isEmpty()
                && perImage.isEmpty()
                && perMillionCharacters.isEmpty()
                && perAudioSecond.isEmpty();
    }

    /** This where it states something, and the other elsewhere. */
    RatesDraft over(RatesDraft below) {
        var both = new RatesDraft();
        for (RatesDraft each : new RatesDraft[] {below, this}) {
            each.byThreshold.forEach((above, rates) -> rates.forEach((name, rate) -> both.put(above, name, rate)));
            both.perRequest = each.perRequest.isPresent() ? each.perRequest : both.perRequest;
            both.perSearch = each.perSearch.isPresent() ? each.perSearch : both.perSearch;
            both.perImage = each.perImage.isPresent() ? each.perImage : both.perImage;
            both.perMillionCharacters =
                    each.perMillionCharacters.isPresent() ? each.perMillionCharacters : both.perMillionCharacters;
            both.perAudioSecond = each.perAudioSecond.isPresent() ? each.perAudioSecond : both.perAudioSecond;
        }
        return both;
    }

    /** This where it states something, and the other elsewhere; a class that this states has none of the other's tiers. */
    RatesDraft inPlaceOf(RatesDraft below) {
        var rest = new RatesDraft().over(below);
        byThreshold
                .getOrDefault(0L, Map.of())
                .keySet()
                .forEach(stated -> rest.byThreshold.tailMap(1L).values().forEach(tier -> tier.remove(stated)));
        rest.byThreshold.tailMap(1L).values().removeIf(Map::isEmpty);
        return over(rest);
    }

    Rates rates() {
        return new Rates(
                new ClassRates(byThreshold.getOrDefault(0L, Map.of())),
                byThreshold.tailMap(1L).entrySet().stream()
                        .map(tier -> new Rates.Tier(tier.getKey(), new ClassRates(tier.getValue())))
                        .toList(),
                perRequest,
                perSearch,
                perImage,
                perMillionCharacters,
                perAudioSecond);
    }
}
