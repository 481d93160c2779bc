/**
 * Release gates: what must hold before a candidate gets any traffic, each with the evidence that the ledger keeps.
 *
 * <p>{@link dev.pilothouse.ship.gates.Gates} is the front door; {@link dev.pilothouse.ship.gates.GateSpec} are the kinds
 * and {@link dev.pilothouse.ship.gates.GateOutcome} what comes of them.
 *
 * <p>Invariants: an evaluation gate runs candidate and production itself, on the declared version of the data; metrics
 * that a trainer logged are no evidence; evidence names every digest it rests on, holds every number as a decimal string,
 * and is the same when the same digests are evaluated again; a gate that cannot decide stops the release, with the reason.
 */
@NullMarked
package dev.pilothouse.ship.gates;

import org.jspecify.annotations.NullMarked;
