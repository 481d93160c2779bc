/**
 * Answers of language models that are kept, so that the same request is not paid for twice.
 *
 * <p>{@link dev.pilothouse.run.cache.ResponseCache} is the front door. A {@link dev.pilothouse.run.cache.Question} is what a request
 * asks, as a digest of all that can change its answer; a {@link dev.pilothouse.run.cache.KeptAnswer} is what the provider said to it,
 * byte for byte and before any guard looked at it, so that each client's own guards, translation and wish for usage apply again.
 * {@link dev.pilothouse.run.cache.Freshness} is what a client says of caches, {@link dev.pilothouse.run.cache.Wholeness} whether an
 * answer is one to keep, {@link dev.pilothouse.run.cache.Clearings} how all servers drop what they keep.
 *
 * <p>Invariants: tenants never share an answer, nor keys where an alias says so; only whole answers are kept, and none of an alias that
 * does not ask for it; an answer is given only while the alias, the provider and the prices are those it was made with; two texts that
 * are worded otherwise have the same answer only where {@link dev.pilothouse.run.cache.Wording} finds them to say the same word for word
 * and an embedding agrees, so that a negation, a reversal or another number is never answered by its opposite; memory is bounded.
 */
@NullMarked
package dev.pilothouse.run.cache;

import org.jspecify.annotations.NullMarked;
