package dev.pilothouse.pay.prices;

/**
 * Two sources that say different prices for one thing of one model at one time; where only one of them says a price, they
 * do not disagree.
 *
 * @param counts the row that is charged by
 * @param disagrees the row of another source, which never counts because the first source speaks at its date already
 */
public record PriceConflict(PriceRow counts, PriceRow disagrees) {}
