/**
 * Services, their releases and rollouts: the one file a user writes ({@code pilothouse.yaml}), the gates before a release,
 * the canary, the verdict, and the way back.
 *
 * <p>{@link dev.pilothouse.ship.delivery.Delivery} is the front door, {@link dev.pilothouse.ship.delivery.DeliveryRoutes}
 * its HTTP API. A reconciler reads the desired and the actual state, takes one step, appends the state and its ledger
 * entry in one transaction, and can be killed between any two instructions.
 *
 * <p>Invariants: at most one release of a service is in motion; a verdict reads only counts that are stored, and the test's
 * state commits with the counts it consumed; each answered request is counted at most once; silence never passes a step;
 * what an endpoint runs is a function of the stored state alone.
 */
@NullMarked
package dev.pilothouse.ship.delivery;

import org.jspecify.annotations.NullMarked;
