/**
 * Requests and answers of language models between OpenAI's chat completions and Anthropic's messages, both ways, and from OpenAI's
 * responses to messages: a client of the one is answered by a provider of the other ({@link
 * dev.pilothouse.run.translation.Translator} is where to begin). Classes have the name of what they make.
 *
 * <p>Invariants: no I/O and no clock; what is sent upstream says what the client said, or the request is refused with the name of
 * the member that cannot be said; only hints are dropped, which docs/reference/gateway.md lists. A conversation that both protocols
 * can say comes back unchanged when it is translated there and back. Sources: OpenAI's API reference (Chat Completions, Responses), Anthropic's
 * (Messages, Streaming messages, OpenAI SDK compatibility).
 */
@NullMarked
package dev.pilothouse.run.translation;

import org.jspecify.annotations.NullMarked;
