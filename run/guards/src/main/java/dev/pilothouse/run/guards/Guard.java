package dev.pilothouse.run.guards;

import dev.pilothouse.trust.privacy.Detector;
import dev.pilothouse.trust.privacy.Finding;
import dev.pilothouse.trust.privacy.InjectionDetector;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A policy with what it needs to look, and what counts that it does. Thread-safe. */
final class Guard {
    private final GuardPolicy policy;
    private final String key;
    private final Side input;
    private final Side output;

    /**
     * A guard.
     *
     * @param key the secret that its webhook's questions are signed with, or empty
     */
    Guard(String tenant, GuardPolicy policy, String key, MeterRegistry registry) {
        this.policy = policy;
        this.key = key;
        this.input =
                new Side(policy.name(), true, policy.input(), new GuardMeter(registry, tenant, policy.name(), "input"));
        this.output = new Side(
                policy.name(), false, policy.output(), new GuardMeter(registry, tenant, policy.name(), "output"));
    }

    GuardPolicy policy() {
        return policy;
    }

    String key() {
        return key;
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
        private final boolean input;
        private final Checks checks;
        private final Detector detector;
        private final @Nullable InjectionDetector injections;
        private final int longestPhrase;
        private final List<AnswerCheck> answer;
        private final GuardMeter meter;

        Side(String name, boolean input, Checks checks, GuardMeter meter) {
            this.name = name;
            this.input = input;
            this.checks = checks;
            this.meter = meter;
            this.answer = checks.answer().stream().map(AnswerCheck::new).toList();
            this.detector = Detector.of(checks.kinds().keySet());
            this.injections = checks.threshold() > 0 ? new InjectionDetector() : null;
            this.longestPhrase =
                    checks.deny().stream().mapToInt(String::length).max().orElse(0);
        }

        String name() {
            return name;
        }

        /** Whether it looks at requests, and not at answers. */
        boolean isInput() {
            return input;
        }

        Checks checks() {
            return checks;
        }

        GuardMeter meter() {
            return meter;
        }

        /** What a whole answer has to be. */
        List<AnswerCheck> answer() {
            return answer;
        }

        boolean isIdle() {
            return checks.isEmpty();
        }

        /** Secrets and personal data in a text, as far as they are looked for where it stands. */
        List<Finding> find(String text, Place place) {
            List<Finding> found = checks.kinds().isEmpty() ? List.of() : detector.find(text);
            return place == Place.REFERENCE && !found.isEmpty()
                    ? found.stream()
                            .filter(finding -> !finding.kind().isPersonal())
                            .toList()
                    : found;
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
