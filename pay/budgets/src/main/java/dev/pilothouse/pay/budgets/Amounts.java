package dev.pilothouse.pay.budgets;

/**
 * What a call costs, or may cost, in each unit.
 *
 * @param nanoUsd billionths of a US dollar, at least 0
 * @param inputTokens tokens read, at least 0
 * @param outputTokens tokens written, at least 0
 */
public record Amounts(long nanoUsd, long inputTokens, long outputTokens) {
    /** A call that cost nothing, such as one that was never sent. */
    public static final Amounts NONE = new Amounts(0, 0, 0);

    public Amounts {
        if (nanoUsd < 0 || inputTokens < 0 || outputTokens < 0) {
            throw new IllegalArgumentException("An amount is negative: " + nanoUsd + " nano-USD, " + inputTokens
                    + " input tokens, " + outputTokens + " output tokens");
        }
    }

    /** The amount in a unit; a call that was sent is one request, whatever it cost. */
    public long of(Unit unit) {
        return switch (unit) {
            case NANO_USD -> nanoUsd;
            case INPUT_TOKENS -> inputTokens;
            case OUTPUT_TOKENS -> outputTokens;
            case TOKENS -> Math.addExact(inputTokens, outputTokens);
            case REQUESTS -> equals(NONE) ? 0 : 1;
        };
    }
}
