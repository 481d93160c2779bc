package dev.pilothouse.run.translation;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * How much a model thinks an answer over. OpenAI's {@code reasoning_effort} is Anthropic's {@code output_config.effort}; a budget of
 * thinking is not set for it, since with one Anthropic demands its signed thoughts back, which no client of OpenAI has.
 */
enum Effort {
    LOW,
    MEDIUM,
    HIGH,
    XHIGH;

    /** Thinking tokens up to which an effort is low, and up to which it is medium. */
    private static final long LOW_TOKENS = 4_096;

    private static final long MEDIUM_TOKENS = 16_384;

    /** The name in both protocols. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Reads OpenAI's; empty where nothing is to be thought over, which Anthropic's models do not unless they are told. */
    static Optional<Effort> of(Place effort) {
        return switch (effort.text("none")) {
            case "none" -> Optional.empty();
            case "minimal" -> Optional.of(LOW);
            case String label ->
                Optional.of(Arrays.stream(values())
                        .filter(each -> each.label().equals(label))
                        .findFirst()
                        .orElseThrow(() -> effort.mustBe("none, minimal, low, medium, high or xhigh")));
        };
    }

    /** Reads Anthropic's, whose highest has no equal; where there is none, a budget of thinking says as much. */
    static Optional<Effort> of(Place effort, Place thinking) {
        if (effort.exists()) {
            return effort.text().equals("max") ? Optional.of(XHIGH) : of(effort);
        }
        if (!thinking.exists()) {
            return Optional.empty();
        }
        String type = thinking.at("type").text();
        return switch (type) {
            case "disabled", "adaptive" -> Optional.empty();
            case "enabled" -> {
                double tokens = thinking.at("budget_tokens").amount();
                yield Optional.of(tokens <= LOW_TOKENS ? LOW : tokens <= MEDIUM_TOKENS ? MEDIUM : HIGH);
            }
            default -> throw thinking.at("type").cannot("OpenAI's chat completions have nothing of the kind");
        };
    }
}
