package dev.pilothouse.pay.budgets;

/** What a budget counts. */
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

    static Unit of(byte code) {
        for (Unit unit : values()) {
            if (unit.code == code) {
                return unit;
            }
        }
        throw new IllegalArgumentException("No unit is called " + (char) code);
    }
}
