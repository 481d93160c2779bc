package dev.pilothouse.run.guards;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The texts that a model answers with, each choice's together, as the client gets them: neither what it thinks, nor what it calls
 * tools with. For one thread.
 */
final class Answers {
    /** Characters of a choice that are kept; of a longer one nothing is known. */
    static final int LONGEST = 1 << 20;

    private final boolean needed;
    private final Map<String, StringBuilder> byChoice = new LinkedHashMap<>();

    /**
     * Of one call.
     *
     * @param needed whether anybody will ask; else nothing is kept
     */
    Answers(boolean needed) {
        this.needed = needed;
    }

    /** Takes what a client gets of a text. */
    void add(Text text, String passed) {
        if (needed && text.isAnswer()) {
            StringBuilder kept = byChoice.computeIfAbsent(text.choice(), _ -> new StringBuilder());
            if (kept.length() <= LONGEST) {
                kept.append(passed);
            }
        }
    }

    /** Characters of all choices. */
    int length() {
        return byChoice.values().stream().mapToInt(StringBuilder::length).sum();
    }

    /** The texts that are there, the first choice's first; a longer one than is kept ends where it was kept to. */
    List<String> texts() {
        return byChoice.values().stream()
                .filter(answer -> !answer.isEmpty())
                .map(StringBuilder::toString)
                .toList();
    }

    /** Whether a check holds for all choices. One without a text, such as a tool's call, is none. */
    boolean all(AnswerCheck check) {
        return byChoice.values().stream()
                .filter(answer -> !answer.isEmpty())
                .allMatch(answer -> answer.length() <= LONGEST && check.holds(answer.toString()));
    }
}
