/**
 * Calls of a model's alias, split between who answers it now and who may come to: which side a call is on, and what is counted of
 * either.
 *
 * <p>{@link dev.pilothouse.run.splits.Splits} is the front door. Who decides on weights sets {@link
 * dev.pilothouse.run.splits.Split}s and takes the counts; the gateway asks for the {@link dev.pilothouse.run.splits.Side} of each
 * call and tells it what became of the call.
 *
 * <p>Invariants: a session, or else a request, is on the side that a hash of it and of the split's id says, so that it stays with
 * the candidate while the weight rises; each call is counted at most once, on its side; a call that its client left is not counted;
 * nothing here does I/O or waits for longer than a sum takes.
 */
@NullMarked
package dev.pilothouse.run.splits;

import org.jspecify.annotations.NullMarked;
