package dev.pilothouse.pay.budgets;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Whose spend a budget counts.
 *
 * @param kind what is named
 * @param value its id or name, such as {@code research}
 */
public record Scope(Kind kind, String value) {
    /** Kinds, the widest first. */
    public enum Kind {
        ORGANISATION,
        DEPARTMENT,
        TEAM,
        PROJECT,
        AGENT,
        SESSION,
        KEY,
        USER,
        TAG
    }

    /** The names of a department, a team and a project, of 200 characters each, with what stands between them. */
    private static final int LONGEST = 602;

    public Scope {
        if (value.isBlank() || value.length() > LONGEST) {
            throw new IllegalArgumentException(
                    "A scope's value has 1 to " + LONGEST + " characters, not " + value.length());
        }
    }

    /** How requests and answers write it, such as {@code team:research}. */
    public String label() {
        return kind.name().toLowerCase(Locale.ROOT) + ":" + value;
    }

    /**
     * Reads a {@link #label()}.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} that names the nearest kind
     */
    public static Scope parse(String label) {
        int colon = label.indexOf(':');
        String kind = colon < 0 ? label : label.substring(0, colon);
        List<String> kinds = Arrays.stream(Kind.values())
                .map(each -> each.name().toLowerCase(Locale.ROOT))
                .toList();
        if (colon < 0 || !kinds.contains(kind)) {
            throw CommonError.INVALID.because("'" + label + "' is no scope. Write its kind and its name, such as"
                    + " team:research." + Nearest.hint(kind, kinds));
        }
        String value = label.substring(colon + 1);
        if (value.isBlank() || value.length() > LONGEST) {
            throw CommonError.INVALID.because(
                    "The name after '" + kind + ":' has 1 to " + LONGEST + " characters, not " + value.length() + ".");
        }
        return new Scope(Kind.values()[kinds.indexOf(kind)], value);
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + " " + value;
    }
}
