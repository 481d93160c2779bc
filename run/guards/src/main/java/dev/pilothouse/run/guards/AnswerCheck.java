package dev.pilothouse.run.guards;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.util.function.Predicate;
import java.util.regex.Matcher;

/** A rule of whole answers, ready to be asked. Its time is linear in the answer's length. Immutable and thread-safe. */
final class AnswerCheck {
    /** Characters of a regular expression. */
    static final int LONGEST_PATTERN = 1_000;

    /** What the counts of repeats in a regular expression come to, multiplied: it is written out so often. */
    private static final int MOST_REPEATS = 1_000;

    private static final java.util.regex.Pattern REPEAT = java.util.regex.Pattern.compile("\\{(\\d+)(?:,(\\d*))?}");

    private final AnswerRule rule;
    private final Predicate<String> test;

    /**
     * A check.
     *
     * @throws PilothouseException {@link CommonError#INVALID} where the schema or expression cannot be used
     */
    AnswerCheck(AnswerRule rule) {
        this.rule = rule;
        this.test = switch (rule.kind()) {
            case JSON -> AnswerCheck::isJson;
            case SCHEMA -> new AnswerSchema(rule.text())::describes;
            case REQUIRE -> {
                Pattern pattern = pattern(rule.text());
                yield answer -> pattern.matcher(answer).find();
            }
            case FORBID -> {
                Pattern pattern = pattern(rule.text());
                yield answer -> !pattern.matcher(answer).find();
            }
        };
    }

    AnswerRule rule() {
        return rule;
    }

    boolean holds(String answer) {
        return test.test(answer);
    }

    private static boolean isJson(String answer) {
        try {
            return !Json.parse(answer).isMissingNode();
        } catch (PilothouseException _) {
            return false;
        }
    }

    /**
     * A regular expression that takes time linear in the text's length, whatever both are.
     *
     * @throws PilothouseException INVALID
     */
    static Pattern pattern(String expression) {
        if (expression.isEmpty() || expression.length() > LONGEST_PATTERN) {
            throw CommonError.INVALID.because("A regular expression has 1 to " + LONGEST_PATTERN + " characters.");
        }
        long repeats = 1;
        for (Matcher at = REPEAT.matcher(expression); at.find() && repeats <= MOST_REPEATS; ) {
            String most = at.group(2) == null || at.group(2).isEmpty() ? at.group(1) : at.group(2);
            repeats *= most.length() > 4 ? MOST_REPEATS + 1 : Math.max(1, Integer.parseInt(most));
        }
        if (repeats > MOST_REPEATS) {
            throw CommonError.INVALID.because("The counts of repeats in '" + expression + "' come to more than "
                    + MOST_REPEATS + ", multiplied. Use + or * where the number does not matter.");
        }
        try {
            return Pattern.compile(expression);
        } catch (PatternSyntaxException e) {
            throw CommonError.INVALID.because(
                    "'" + expression + "' is no regular expression of RE2 for an answer: " + e.getDescription()
                            + ". What looks around or back is not in it; https://github.com/google/re2/wiki/Syntax lists what is.");
        }
    }
}
