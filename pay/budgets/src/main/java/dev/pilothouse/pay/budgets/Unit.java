package dev.pilothouse.pay.budgets;

/** What a budget counts. */
public enum Unit {
    /** Billionths of a US dollar. */
    NANO_USD,
    /** Tokens that a model reads, cached ones included. */
    INPUT_TOKENS,
    /** Tokens that a model writes, reasoning included. */
    OUTPUT_TOKENS,
    /** Both. */
    TOKENS,
    /** Calls. */
    REQUESTS
}
