package dev.pilothouse.pay.budgets;

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

    public Scope {
        if (value.isBlank() || value.length() > 200) {
            throw new IllegalArgumentException("A scope's value has 1 to 200 characters, not " + value.length());
        }
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + " " + value;
    }
}
