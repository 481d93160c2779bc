/**
 * Always-valid comparison of a candidate with the stable version it is to replace.
 *
 * <p>{@link dev.pilothouse.ship.statistics.SequentialTest} and, for outcomes that come in bursts, {@link
 * dev.pilothouse.ship.statistics.BlockTest} are the front doors: given the counts so far they answer a {@link
 * dev.pilothouse.ship.statistics.Comparison} with two e-values (is the candidate harmful? is it shown not to be worse than
 * the margin?), a time-uniform interval of the difference, and a sentence. The mathematics is stated in {@code EProcess}.
 *
 * <p>Invariants: everything here is a pure function of what was counted; looking any number of times does not raise the
 * chance of a false alarm above {@code alpha}; all computation is in log space.
 */
@NullMarked
package dev.pilothouse.ship.statistics;

import org.jspecify.annotations.NullMarked;
