package dev.pilothouse.trust.ledger;

import dev.pilothouse.kernel.Caller;
import tools.jackson.databind.node.ObjectNode;

/**
 * Something that happened.
 *
 * @param actor who did it; its tenant owns the entry
 * @param kind what happened, noun and past participle, such as {@code model-version.created} or {@code rollout.aborted}
 * @param subject what it happened to, as a path of kind and name, such as {@code service/fraud} or {@code run/3f…}
 * @param payload the facts; money and other 64-bit integers as decimal strings, fractions as strings
 */
public record LedgerEntry(Caller actor, String kind, String subject, ObjectNode payload) {}
