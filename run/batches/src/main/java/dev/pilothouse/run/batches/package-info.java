/**
 * Files and batches that a provider of OpenAI's protocol keeps: passed on as they come, each only for the organisation that made it,
 * and each batch held and charged as the calls that it is made of.
 *
 * <p>{@link dev.pilothouse.run.batches.Batches} is the front door, {@link dev.pilothouse.run.batches.BatchRoutes} the protocol.
 *
 * <p>Invariants: an id that an organisation did not make, or that did not come of a batch of its own, does not exist for it; a file of
 * requests goes to a provider only once all of its lines can be asked and bounded; no batch is begun before its ceiling is reserved on all
 * budgets of its scopes, and what is reserved stays so, whatever servers end, until the batch is charged or known not to be; each batch is
 * charged once, by what its files of answers tell, and each answer is one record of usage; what its provider did not answer costs nothing;
 * no provider gets a request, and no client an answer, but as the guards let it pass.
 */
@NullMarked
package dev.pilothouse.run.batches;

import org.jspecify.annotations.NullMarked;
