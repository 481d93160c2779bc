package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import java.util.List;
import java.util.stream.LongStream;
import tools.jackson.databind.JsonNode;

/** How providers and their models stand, as tables. */
final class HealthText {
    private HealthText() {}

    /** Providers with their probes, then models with their breakers. */
    static void print(Terminal terminal, JsonNode health) {
        JsonNode providers = health.path("providers");
        terminal.table(
                List.of("PROVIDER", "NOW", "SINCE", "PROBES", "FAILED", "P50 MS", "P95 MS", "WHY"),
                providers.valueStream().map(HealthText::provider).toList());
        if (providers.isEmpty()) {
            terminal.talk("No provider was probed here.");
            terminal.next("pilot providers set NAME --probe /health");
        }
        terminal.table(
                List.of("MODEL", "NOW", "FAILED ON END", "RESTS"),
                health.path("targets").valueStream().map(HealthText::target).toList());
    }

    private static List<String> provider(JsonNode provider) {
        JsonNode probes = provider.path("probes");
        long[] took = probes.valueStream()
                .filter(probe -> probe.path("up").asBoolean())
                .mapToLong(probe -> probe.path("millis").asLong())
                .sorted()
                .toArray();
        return List.of(
                Show.text(provider, "provider"),
                provider.path("up").asBoolean() ? "up" : "down",
                Show.ago(Show.text(provider, "since")),
                Show.count(probes.size()),
                Show.count(probes.size() - took.length),
                quantile(took, 50),
                quantile(took, 95),
                Show.text(provider, "why"));
    }

    /** The value at so many percent of the sorted ones; empty of none. */
    private static String quantile(long[] sorted, int percent) {
        return LongStream.of(sorted)
                .skip(Math.min(Math.max(0, sorted.length - 1), sorted.length * percent / 100))
                .mapToObj(Show::count)
                .findFirst()
                .orElse("");
    }

    private static List<String> target(JsonNode target) {
        long rest = target.path("restMillis").asLong();
        return List.of(
                Show.text(target, "provider") + "/" + Show.text(target, "model"),
                switch (Show.text(target, "breaker")) {
                    case "closed" -> "ok";
                    case "open" -> "resting";
                    case "half-open" -> "tried next";
                    default -> "down";
                },
                Show.count(target.path("failures").asLong()),
                rest == 0 ? "" : Math.ceilDiv(rest, 1_000) + " s");
    }
}
