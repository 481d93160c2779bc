package dev.pilothouse.run.guards;

import java.util.Locale;

/** What is done about a finding, the milder first. */
public enum Action {
    /** It is told on the answer. */
    DETECT,
    /** It is replaced by a name such as {@code [EMAIL_1]}. */
    REDACT,
    /** The call is refused, or the stream ended. */
    BLOCK;

    /** Its name in declarations and answers. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
