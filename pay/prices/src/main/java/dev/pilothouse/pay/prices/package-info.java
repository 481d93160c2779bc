/**
 * What a call to a model costs: prices by provider, model, service tier and date ({@link
 * dev.pilothouse.pay.prices.PriceTable}), what providers mean by the token counts they report ({@link
 * dev.pilothouse.pay.prices.UsageReader}), and where prices come from: public price files and contracts, imported by the
 * front door, {@link dev.pilothouse.pay.prices.Prices}.
 *
 * <p>Invariants: money is integer nano-USD and rates are nano-USD for a million units, no floating point anywhere; the
 * counts of a {@link dev.pilothouse.pay.prices.Usage} are disjoint; a price of 0 is a price and a missing one is
 * "unpriced", never 0; a table never changes, is named by the digest of what it says, and is kept for ever; no cost is above
 * the ceiling that the same rates give for the same limits; the first source that was imported stands against later ones, a
 * contract stands against all, and where they differ the difference is listed.
 */
@NullMarked
package dev.pilothouse.pay.prices;

import org.jspecify.annotations.NullMarked;
