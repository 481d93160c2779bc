/**
 * Who answers for a language model, as it is declared: providers and how they are reached, aliases and whom they ask.
 *
 * <p>{@link dev.pilothouse.run.providers.Provider} and {@link dev.pilothouse.run.providers.ModelRoute} are the values, {@link
 * dev.pilothouse.run.providers.Declarations} reads and writes them as JSON.
 *
 * <p>Invariants: a value that exists is valid; no key is in one, only the name of its secret; what is written is read again as the
 * same.
 */
@NullMarked
package dev.pilothouse.run.providers;

import org.jspecify.annotations.NullMarked;
