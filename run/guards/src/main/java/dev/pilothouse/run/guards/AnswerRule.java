package dev.pilothouse.run.guards;

import dev.pilothouse.kernel.CommonError;
import java.util.Locale;

/**
 * What a whole answer has to be. Immutable.
 *
 * @param kind what is demanded
 * @param action {@link Action#DETECT} or {@link Action#BLOCK}
 * @param text the JSON Schema, as JSON, or the regular expression in the syntax of RE2; empty for {@link Kind#JSON}
 */
public record AnswerRule(Kind kind, Action action, String text) {
    /** What is demanded of an answer. */
    public enum Kind {
        /** It is one JSON value (RFC 8259), with nothing around it. */
        JSON,
        /** It is JSON that a schema describes (JSON Schema, draft 2020-12). */
        SCHEMA,
        /** A regular expression is found in it. */
        REQUIRE,
        /** A regular expression is not found in it. */
        FORBID;

        /** Its name in declarations and answers. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public AnswerRule {
        if (action == Action.REDACT) {
            throw CommonError.INVALID.because(
                    "What '" + kind.label() + "' finds can be detected or blocked, and not redacted.");
        }
    }
}
