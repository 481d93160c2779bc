package dev.pilothouse.pay.budgets;

import java.time.Instant;

/** What became of a call that asked for its budgets. */
public sealed interface Answer {
    /** It may be made. */
    record Held(Hold hold) implements Answer {}

    /**
     * It may not be made.
     *
     * @param budget the budget that does not cover it; the first of several
     * @param needed what it needs at least, in the budget's unit
     * @param remaining what the budget has left, not counting what calls under way hold
     * @param until when the budget's window ends
     */
    record Refused(Budget budget, long needed, long remaining, Instant until) implements Answer {}
}
