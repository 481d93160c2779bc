/**
 * Usage: what each call to a model was for, what it used, what it cost and what came of it.
 *
 * <p>A gateway gives what it knows of a call to the budgets as bytes: a {@link dev.pilothouse.pay.usage.UsageOpening} with
 * the hold, a {@link dev.pilothouse.pay.usage.UsageEnd} with the settlement. The {@link
 * dev.pilothouse.pay.usage.UsageMover} moves both, as one {@link dev.pilothouse.pay.usage.UsageRecord}, from the log of spend to a
 * {@link dev.pilothouse.pay.usage.UsageSink}; {@link dev.pilothouse.pay.usage.Usages} reads them there.
 *
 * <p>Invariants: a call that was settled is one row and the sum of the rows' cost is the sum of what was settled, over
 * crashes too; a call whose end a crash took is a row with the outcome {@code bounded} and costs its ceiling; a tenant sees
 * its own rows only; money is integer nano-USD.
 */
@NullMarked
package dev.pilothouse.pay.usage;

import org.jspecify.annotations.NullMarked;
