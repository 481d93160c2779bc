package dev.pilothouse.pay.budgets;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Money;
import java.util.Locale;

/** What a budget counts. Amounts of each are longs. */
public enum Unit {
    /** Billionths of a US dollar. */
    NANO_USD('U'),
    /** Tokens that a model reads, cached ones included. */
    INPUT_TOKENS('I'),
    /** Tokens that a model writes, reasoning included. */
    OUTPUT_TOKENS('O'),
    /** Both. */
    TOKENS('T'),
    /** Calls. */
    REQUESTS('R');

    private final byte code;

    Unit(char code) {
        this.code = (byte) code;
    }

    /** How logs name it. */
    byte code() {
        return code;
    }

    /** The name in requests and answers: {@code usd}, {@code input-tokens}. */
    public String label() {
        return this == NANO_USD ? "usd" : name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** An amount as text: exact dollars such as {@code 12.5}, or a whole number. */
    public String text(long amount) {
        return this == NANO_USD ? Money.usd(amount) : Long.toString(amount);
    }

    /**
     * Reads a {@link #text(long)}.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where it is none, is negative or above
     *     {@link Budget#MOST}
     */
    public long parse(String text) {
        long amount = this == NANO_USD ? Money.parseNanoUsd(text) : whole(text);
        if (amount < 0 || amount > Budget.MOST) {
            throw CommonError.INVALID.because("'" + text + "' is not from 0 to " + words(Budget.MOST) + ".");
        }
        return amount;
    }

    private static long whole(String text) {
        if (!text.matches("-?\\d{1,18}")) {
            throw CommonError.INVALID.because("'" + (text.length() <= 40 ? text : text.substring(0, 40) + "…")
                    + "' is no whole number that can be counted.");
        }
        return Long.parseLong(text);
    }

    /** An amount with what it is, for people: {@code 12.5 USD}, {@code 1 request}. */
    public String words(long amount) {
        String noun = label().replace('-', ' ');
        return switch (this) {
            case NANO_USD -> Money.usd(amount) + " USD";
            case INPUT_TOKENS, OUTPUT_TOKENS, TOKENS, REQUESTS ->
                amount + " " + (amount == 1 ? noun.substring(0, noun.length() - 1) : noun);
        };
    }

    static Unit of(byte code) {
        for (Unit unit : values()) {
            if (unit.code == code) {
                return unit;
            }
        }
        throw new IllegalArgumentException("No unit is called " + (char) code);
    }
}
