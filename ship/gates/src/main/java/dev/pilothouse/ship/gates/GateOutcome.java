package dev.pilothouse.ship.gates;

import tools.jackson.databind.node.ObjectNode;

/** What came of a gate. */
public sealed interface GateOutcome {
    /** Why, in one sentence with its numbers. */
    String sentence();

    /** What it rests on, fit for the ledger. */
    ObjectNode evidence();

    /** The release may go on. */
    record Passed(String sentence, ObjectNode evidence) implements GateOutcome {}

    /** The release stops. */
    record Failed(String sentence, ObjectNode evidence) implements GateOutcome {}

    /** The data cannot tell; the release stops as after {@link Failed}, for another reason. */
    record Undecided(String sentence, ObjectNode evidence) implements GateOutcome {}

    /** Somebody has to decide. */
    record Waiting(String sentence, ObjectNode evidence) implements GateOutcome {}
}
