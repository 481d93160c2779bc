package dev.pilothouse.run.guards;

import dev.pilothouse.trust.privacy.Detector;
import dev.pilothouse.trust.privacy.Finding;
import dev.pilothouse.trust.privacy.InjectionDetector;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A policy with what it needs to look. Immutable and thread-safe. */
final class Guard {
    private final GuardPolicy policy;
    private final Side input;
    private final Side output;

    Guard(GuardPolicy policy) {
        this.policy = policy;
        this.input = new Side(policy.name(), policy.input());
        this.output = new Side(policy.name(), policy.output());
    }

    GuardPolicy policy() {
        return policy;
    }

    Side input() {
        return input;
    }

    Side output() {
        return output;
    }

    /** What a policy looks for on one way. */
    static final class Side {
        private final String name;
        private final Checks checks;
        private final Detector detector;
        private final @Nullable InjectionDetector injections;
        private final int longestPhrase;

        Side(String name, Checks checks) {
            this.name = name;
            this.checks = checks;
            this.detector = Detector.of(checks.kinds().keySet());
            this.injections = checks.threshold() > 0 ? new InjectionDetector() : null;
            this.longestPhrase =
                    checks.deny().stream().mapToInt(String::length).max().orElse(0);
        }

        String name() {
            return name;
        }

        Checks checks() {
            return checks;
        }

        boolean isIdle() {
            return checks.isEmpty();
        }

        /** Secrets and personal data in a text. */
        List<Finding> find(String text) {
            return checks.kinds().isEmpty() ? List.of() : detector.find(text);
        }

        Action action(Finding finding) {
            return checks.kinds().getOrDefault(finding.kind(), Action.DETECT);
        }

        /** Whether a phrase that is denied ends in a part of a text. */
        boolean denies(String text, int from, int to) {
            return holds(text, checks.deny(), from, to);
        }

        /** Whether a text is about something else than the topics that are welcome. */
        boolean isOffTopic(String text) {
            return !checks.topics().isEmpty() && !holds(text, checks.topics(), 0, text.length());
        }

        private static boolean holds(String text, List<String> phrases, int from, int to) {
            if (phrases.isEmpty()) {
                return false;
            }
            String lower = text.toLowerCase(Locale.ROOT);
            return phrases.stream().anyMatch(phrase -> holds(lower, phrase, from, to));
        }

        /** Whether a phrase stands there as whole words. */
        private static boolean holds(String lower, String phrase, int from, int to) {
            int first = Math.max(0, from - phrase.length() + 1);
            for (int at = lower.indexOf(phrase, first); at >= 0; at = lower.indexOf(phrase, at + 1)) {
                int end = at + phrase.length();
                if (end > to) {
                    return false;
                }
                boolean begins = at == 0
                        || !Character.isLetterOrDigit(lower.charAt(at - 1))
                        || !Character.isLetterOrDigit(phrase.charAt(0));
                boolean ends = end == lower.length()
                        || !Character.isLetterOrDigit(lower.charAt(end))
                        || !Character.isLetterOrDigit(phrase.charAt(phrase.length() - 1));
                if (begins && ends) {
                    return true;
                }
            }
            return false;
        }

        /** How much the text looks like an injection, 0 to 100; 0 where nobody asked. */
        int injection(String text) {
            return injections == null ? 0 : injections.look(text).score();
        }

        /** Characters of the longest phrase that is denied. */
        int longestPhrase() {
            return longestPhrase;
        }
    }
}
