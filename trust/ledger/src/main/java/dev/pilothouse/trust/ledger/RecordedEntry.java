package dev.pilothouse.trust.ledger;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.node.ObjectNode;

/**
 * An entry as it is read back.
 *
 * @param id its id
 * @param number position in the ledger, from 0; empty until the sequencer has come by
 * @param tenant owner
 * @param kind what happened
 * @param subject what it happened to
 * @param principal id of who did it
 * @param actorKind sort of principal, in lower case
 * @param actorName what people call it; empty once the payload is erased
 * @param at when
 * @param payload the facts; empty once erased
 */
public record RecordedEntry(
        String id,
        OptionalLong number,
        String tenant,
        String kind,
        String subject,
        String principal,
        String actorKind,
        Optional<String> actorName,
        Instant at,
        Optional<ObjectNode> payload) {}
