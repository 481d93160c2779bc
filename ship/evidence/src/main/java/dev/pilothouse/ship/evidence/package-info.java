/**
 * The story of what is in production, joined from what each capability knows.
 *
 * <p>{@link dev.pilothouse.ship.evidence.LineageRoutes} is the front door: from a dataset, a run, a model or a service it tells
 * the whole way, dataset version to run to model version to release to service, as a graph.
 *
 * <p>Invariants: everything here is read, nothing is stored; each answer holds one tenant's facts only.
 */
@NullMarked
package dev.pilothouse.ship.evidence;

import org.jspecify.annotations.NullMarked;
