/**
 * The gateway of language models: clients of OpenAI and Anthropic call one address; an alias says which provider's model
 * answers, and each call is held against its budgets before it is made and settled after.
 *
 * <p>{@link dev.pilothouse.run.gateway.Gateway} is the front door: providers and aliases. {@link
 * dev.pilothouse.run.gateway.LlmRoutes} answers the protocols, {@link dev.pilothouse.run.gateway.GatewayRoutes} our own API.
 * A request is read once, without a tree ({@link dev.pilothouse.run.llm.Asked}), and sent on as it came but for the model's
 * name, the output limit and the wish for usage ({@link dev.pilothouse.run.llm.Edits}).
 *
 * <p>Invariants: nothing goes upstream before what it can cost at most is held on all budgets of its scopes; each attempt is
 * settled exactly once, before the response's last bytes, at what it cost, or at its ceiling where that cannot be known; no
 * key of a provider is in an answer, a log or a record; nothing here blocks an event loop; a target outside of an alias's list is
 * never asked.
 */
@NullMarked
package dev.pilothouse.run.gateway;

import org.jspecify.annotations.NullMarked;
