/**
 * What files declare of the gateway (providers, routes, budgets), and how a change of who answers an alias meets traffic: the
 * candidate gets a share of the calls that rises step by step, and takes the place of what answers now, or goes back, by the same
 * counts, tests and verdicts that releases of services stand on ({@code ship/verdicts}, {@code ship/statistics}).
 *
 * <p>{@link dev.pilothouse.ship.routing.Routing} is the front door, {@link dev.pilothouse.ship.routing.RolloutRoutes} its HTTP API.
 * A reconciler stores what the gateway counted, sets its splits from what is stored, and takes one step of each rollout, which can
 * be cut off between any two instructions.
 *
 * <p>Invariants: at most one rollout of an alias is in motion; a verdict reads only counts that are stored; each step is one
 * transaction with its ledger entry; silence never promotes; a candidate is only asked in the regions that its alias stays in; an
 * alias that is declared otherwise meanwhile ends its rollout.
 */
@NullMarked
package dev.pilothouse.ship.routing;

import org.jspecify.annotations.NullMarked;
