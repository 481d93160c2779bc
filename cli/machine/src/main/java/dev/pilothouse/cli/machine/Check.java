package dev.pilothouse.cli.machine;

import java.util.Locale;

/**
 * One thing that was looked at.
 *
 * @param name what, in a word or two
 * @param state how it is
 * @param what a sentence with its figures
 * @param mend what to do; empty where all is well
 */
public record Check(String name, State state, String what, String mend) {
    /** How a thing is. */
    public enum State {
        OK,
        ATTENTION,
        FAILING;

        /** As it is shown. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** All is well. */
    public static Check ok(String name, String what) {
        return new Check(name, State.OK, what, "");
    }

    /** It works, but not for long or not well. */
    public static Check attention(String name, String what, String mend) {
        return new Check(name, State.ATTENTION, what, mend);
    }

    /** It does not work. */
    public static Check failing(String name, String what, String mend) {
        return new Check(name, State.FAILING, what, mend);
    }
}
