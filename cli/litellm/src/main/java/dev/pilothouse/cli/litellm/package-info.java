/**
 * {@code pilot import litellm}: takes over what a LiteLLM proxy was configured with, and what its keys, teams and users may spend.
 *
 * <p>{@link dev.pilothouse.cli.litellm.ImportCommands} is the command. {@code ConfigReader} and {@code ExportReader} make a {@code
 * Plan} of what the files say, and {@code Takeover} carries it out over the public API, one step after the other.
 *
 * <p>Invariants: nothing that the files say is passed over in silence: it becomes a step, or a note that names it and says why not;
 * a step that is done already is done once only; one that fails is told, and the others are still tried.
 */
@NullMarked
package dev.pilothouse.cli.litellm;

import org.jspecify.annotations.NullMarked;
