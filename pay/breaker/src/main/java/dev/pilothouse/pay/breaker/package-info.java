/**
 * The economic circuit breaker: an agent that spends far more than it usually does is latched into Safety Pause on every
 * server, until a person has seen what it did and resumes it. The entry is {@link dev.pilothouse.pay.breaker.Breaker}; how a
 * burn is judged, and why so, says {@link dev.pilothouse.pay.breaker.BurnModel}.
 *
 * <p>Invariants:
 * <ul>
 *   <li>asking whether an agent may call does no I/O and takes no lock;
 *   <li>who judges an agent to run away pauses it here at once, then in the database with a ledger entry in the same unit; all
 *       servers read it within half a second, also while the database did not take it at first;
 *   <li>a latch ends only by a person with the role who names its number; no restart, clock or new baseline ends it;
 *   <li>what servers tell one another are sums that only grow, and windows are measured by each server's monotonic time: no two
 *       clocks are compared, and one that jumps moves nothing but the hour that a prediction is for;
 *   <li>memory and rows are bounded by settings: agents beyond them count together, as one agent {@code *} of their tenant;
 *   <li>amounts are whole nano-USD; only rates of the model are floating-point numbers.
 * </ul>
 */
@NullMarked
package dev.pilothouse.pay.breaker;

import org.jspecify.annotations.NullMarked;
