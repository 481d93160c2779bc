package dev.pilothouse.run.translation;

import dev.pilothouse.run.llm.Dialect;

/**
 * A request in the language of who answers it.
 *
 * @param dialect that language
 * @param body the request; where the client set no limit of its output, it has none, though Anthropic demands one
 * @param answers the way back into the client's language
 */
public record Translated(Dialect dialect, byte[] body, Answers answers) {}
