/**
 * When calls of a budget go over to cheaper models, so that its window ends without a refusal and with as much of the
 * preferred model as the limit buys. {@link dev.pilothouse.pay.pacing.BurnForecast} learns from what is spent and demanded and
 * answers a {@link dev.pilothouse.pay.pacing.Pace}, which places each call on a {@link dev.pilothouse.pay.pacing.Ladder}.
 *
 * <p>Invariants: everything here is a value or a pure function, without I/O, clock or lock; amounts and rates are whole
 * numbers, of whatever unit the budget counts, and a result that a long does not hold is the greatest long. Nothing here keeps
 * a budget: that is what holds are for. A wrong forecast therefore costs refusals or unspent money, never overspend.
 */
@NullMarked
package dev.pilothouse.pay.pacing;

import org.jspecify.annotations.NullMarked;
