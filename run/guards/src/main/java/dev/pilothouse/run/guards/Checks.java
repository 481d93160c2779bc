package dev.pilothouse.run.guards;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.trust.privacy.Kind;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What is looked for on the way in, or on the way out. Immutable.
 *
 * @param kinds secrets and personal data, and what is done about each
 * @param restore whether an answer has the values back that were replaced on the way in
 * @param injection what is done about overridden instructions: {@link Action#DETECT} or {@link Action#BLOCK}
 * @param threshold the score from which on they count, 1 to 100; 0 where they are not looked for
 * @param deny phrases of which none may be there, in lower case
 * @param topics phrases of which at least one must be in the last text of a request, in lower case; empty where any topic is welcome
 * @param maxCharacters characters that an answer may have, all parts together; 0 where nothing limits them
 * @param answer what a whole answer has to be
 */
public record Checks(
        Map<Kind, Action> kinds,
        boolean restore,
        Action injection,
        int threshold,
        List<String> deny,
        List<String> topics,
        int maxCharacters,
        List<AnswerRule> answer) {
    /** Nothing is looked for. */
    public static final Checks NONE = new Checks(Map.of(), false, Action.DETECT, 0, List.of(), List.of(), 0, List.of());

    /** Rules of whole answers. */
    static final int MOST_RULES = 50;

    /** Phrases of one list. */
    static final int MOST_PHRASES = 500;

    /** Characters of one phrase. */
    static final int LONGEST_PHRASE = 200;

    public Checks {
        kinds = kinds.isEmpty() ? Map.of() : Map.copyOf(new EnumMap<>(kinds));
        deny = phrases("deny", deny);
        topics = phrases("topics", topics);
        if (threshold < 0 || threshold > 100) {
            throw CommonError.INVALID.because("The 'threshold' of injections is from 1 to 100, not " + threshold + ".");
        }
        if (injection == Action.REDACT) {
            throw CommonError.INVALID.because("Injections can be detected or blocked, and not redacted.");
        }
        if (maxCharacters < 0) {
            throw CommonError.INVALID.because("'maxCharacters' must be 1 or more.");
        }
        answer = List.copyOf(answer);
        if (answer.size() > MOST_RULES) {
            throw CommonError.INVALID.because("'output' has at most " + MOST_RULES + " rules of whole answers.");
        }
    }

    private static List<String> phrases(String member, List<String> phrases) {
        if (phrases.size() > MOST_PHRASES
                || phrases.stream().anyMatch(phrase -> phrase.isBlank() || phrase.length() > LONGEST_PHRASE)) {
            throw CommonError.INVALID.because("'" + member + "' lists at most " + MOST_PHRASES + " phrases of 1 to "
                    + LONGEST_PHRASE + " characters.");
        }
        return phrases.stream()
                .map(phrase -> phrase.strip().toLowerCase(Locale.ROOT))
                .toList();
    }

    /** Whether there is nothing to look for. */
    boolean isEmpty() {
        return kinds.isEmpty()
                && threshold == 0
                && deny.isEmpty()
                && topics.isEmpty()
                && maxCharacters == 0
                && answer.isEmpty();
    }

    /** Whether something may be taken out of an answer, or keep it back, so that what says it a second time goes, too. */
    boolean hides() {
        return !deny.isEmpty() || kinds.values().stream().anyMatch(action -> action != Action.DETECT);
    }
}
