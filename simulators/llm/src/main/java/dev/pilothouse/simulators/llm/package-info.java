/**
 * A provider of language models for tests, benchmarks and the demo: it answers in the shapes of OpenAI and Anthropic, with
 * token counts, delays and faults that are set, and keeps the invoice that a gateway's books must equal.
 *
 * <p>{@link dev.pilothouse.simulators.llm.LlmSimulator} is the front door, {@link dev.pilothouse.simulators.llm.Main} the same
 * as a program. {@link dev.pilothouse.simulators.llm.SimulatorConfig} lists the models with their prices and token rules;
 * {@link dev.pilothouse.simulators.llm.Behaviour} names every control.
 *
 * <p>Invariants: a call is a line of the {@link dev.pilothouse.simulators.llm.Invoice} from before its first byte is answered,
 * and the line is final before its last byte is; amounts are integer nano-USD, rounded up once per call; nothing is shared
 * with the modules that price calls, so that two computations are compared and not one with itself; one event loop does
 * everything of a connection and nothing on it waits; the same seed and the same order of calls give the same answers.
 */
@NullMarked
package dev.pilothouse.simulators.llm;

import org.jspecify.annotations.NullMarked;
