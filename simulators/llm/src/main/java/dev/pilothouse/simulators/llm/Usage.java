package dev.pilothouse.simulators.llm;

/**
 * The tokens of one call by class, each counted in one class only but for reasoning, which is part of the output. Immutable.
 *
 * @param input neither read from nor written to a cache
 * @param output all that was generated, of all choices
 * @param reasoning the part of the output that is not shown
 * @param pieces what is billed in place of tokens: pictures, characters, milliseconds of sound or searches, as the call is of
 */
public record Usage(int input, int cacheRead, int cacheWrite, int cacheWrite1h, int output, int reasoning, int pieces) {
    /** Of a call that costs nothing. */
    static final Usage NONE = new Usage(0, 0, 0, 0, 0, 0);

    /** Of tokens alone. */
    public Usage(int input, int cacheRead, int cacheWrite, int cacheWrite1h, int output, int reasoning) {
        this(input, cacheRead, cacheWrite, cacheWrite1h, output, reasoning, 0);
    }

    /** Everything that went in. */
    public int prompt() {
        return input + cacheRead + cacheWrite + cacheWrite1h;
    }

    /** The same input with other output. */
    Usage generating(int output, int reasoning) {
        return new Usage(input, cacheRead, cacheWrite, cacheWrite1h, output, reasoning, pieces);
    }

    /** An input split as the controls say, as far as it reaches. */
    static Usage of(int prompt, int pieces, Behaviour.Output controls) {
        int read = Math.min(prompt, controls.cached());
        int write = Math.min(prompt - read, controls.cacheWrite());
        int write1h = Math.min(prompt - read - write, controls.cacheWrite1h());
        return new Usage(prompt - read - write - write1h, read, write, write1h, 0, 0, pieces);
    }
}
