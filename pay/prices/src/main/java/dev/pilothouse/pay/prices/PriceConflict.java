package dev.pilothouse.pay.prices;

/**
 * Two sources that say different prices for one model at one time.
 *
 * @param counts the row that is charged by
 * @param disagrees the row of another source, which never counts because the first source speaks at its date already
 */
public record PriceConflict(PriceRow counts, PriceRow disagrees) {}
