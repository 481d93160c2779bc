package dev.pilothouse.pay.budgets;

import java.util.List;

/**
 * What one call holds on its accounts until it is settled. Settle it exactly once, also where the call was never made: a
 * second settlement has no effect.
 */
public final class Hold {
    /** A part of an account. */
    record Part(Account account, Unit unit, long amount) {}

    private final long number;
    private final List<Part> parts;
    private final long outputTokens;
    private final Amounts ceiling;
    private boolean settled;

    /**
     * @param number unique in a run of the server
     */
    Hold(long number, List<Part> parts, long outputTokens, Amounts ceiling) {
        this.number = number;
        this.parts = List.copyOf(parts);
        this.outputTokens = outputTokens;
        this.ceiling = ceiling;
    }

    /** How much output the call may ask for: what it wanted, or what the remainders buy. */
    public long outputTokens() {
        return outputTokens;
    }

    /** What it may cost at most. */
    public Amounts ceiling() {
        return ceiling;
    }

    long number() {
        return number;
    }

    List<Part> parts() {
        return parts;
    }

    /** Under the book's lock; false where it was settled before. */
    boolean close() {
        boolean first = !settled;
        settled = true;
        return first;
    }
}
