package dev.pilothouse.trust.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pilothouse.platform.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What is found in text that nobody made for this: prompts, tables, and this program's own words. */
class RealTextTest {
    private static final Path DATA = Path.of(System.getenv().getOrDefault("PILOTHOUSE_DATA", "/nowhere"));
    private final Detector all = Detector.of(EnumSet.allOf(Kind.class));
    private final InjectionDetector injection = new InjectionDetector();

    private Map<Kind, Integer> count(String what, List<String> texts) {
        Map<Kind, Integer> counts = new EnumMap<>(Kind.class);
        long characters = 0;
        for (String text : texts) {
            characters += text.length();
            for (Finding finding : all.find(text)) {
                int seen = counts.merge(finding.kind(), 1, Integer::sum);
                if (seen <= 3) {
                    int from = Math.max(0, finding.from() - 30);
                    int to = Math.min(text.length(), finding.to() + 10);
                    System.out.println(what + " " + finding + ": "
                            + text.substring(from, to).replace('\n', ' '));
                }
            }
        }
        System.out.printf("%s: %d texts, %d characters, found %s%n", what, texts.size(), characters, counts);
        return counts;
    }

    private double share(String what, List<String> texts) {
        int told = 0;
        for (String text : texts) {
            Injection judged = injection.look(text);
            if (judged.score() >= 50) {
                told++;
                System.out.println(what + " " + judged.score() + " "
                        + judged.hits().getFirst() + ": "
                        + text.substring(0, Math.min(160, text.length())).replace('\n', ' '));
            }
        }
        double share = told / (double) texts.size();
        System.out.printf("%s: %d of %d told as injection (%.4f)%n", what, told, texts.size(), share);
        return share;
    }

    private static List<String> texts(String file, String member, String label) throws IOException {
        var texts = new ArrayList<String>();
        for (JsonNode one : Json.parse(Files.readAllBytes(DATA.resolve(file)))) {
            if (label.isEmpty() || one.path("label").asString("").equals(label)) {
                texts.add(one.path(member).asString(""));
            }
        }
        return texts;
    }

    @Test
    void benignPromptsAreNotTakenForInjections() throws IOException {
        assumeTrue(Files.isDirectory(DATA.resolve("agents/injection")), "the shared data is not there: " + DATA);
        var benign = new ArrayList<>(texts("agents/injection/NotInject_one.json", "prompt", ""));
        benign.addAll(texts("agents/injection/NotInject_two.json", "prompt", ""));
        assertThat(share("prompts with words of injections", benign)).isLessThan(0.03);
        List<String> chat = texts("agents/injection/wildguard.json", "prompt", "");
        assertThat(share("chat", chat)).isLessThan(0.01);
        assertThat(count("chat", chat)).isEmpty();
    }

    @Test
    void tablesHoldNoSecretsAndFewPersonalData() throws IOException {
        assumeTrue(Files.isDirectory(DATA.resolve("tabular")), "the shared data is not there: " + DATA);
        var texts = new ArrayList<String>();
        for (String folder : List.of("tabular", "risk", "load", "metrics/nab", "regulation")) {
            try (Stream<Path> files = Files.walk(DATA.resolve(folder))) {
                for (Path file : files.filter(f -> f.toString().matches(".*\\.(csv|md|json)"))
                        .toList()) {
                    texts.add(Files.readString(file, StandardCharsets.UTF_8));
                }
            }
        }
        Map<Kind, Integer> counts = count("tables", texts);
        assertThat(counts.values().stream().mapToInt(Integer::intValue).sum()).isLessThan(10);
    }

    @Test
    void recordedAgentsHoldTheAddressesThatTheyWereGiven() throws IOException {
        Path runs = DATA.resolve("agents/agentdyn-runs/shopping-gpt-4o-mini-and-gemini-2.5-flash.jsonl.gz");
        assumeTrue(Files.exists(runs), "the shared data is not there: " + runs);
        var texts = new ArrayList<String>();
        try (var lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(runs)), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                texts.add(line);
            }
        }
        assertThat(count("agents", texts))
                .containsKey(Kind.EMAIL)
                .doesNotContainKeys(Kind.JWT, Kind.IBAN, Kind.PRIVATE_KEY);
        share("agents", texts);
    }

    @Test
    void thisProgramsOwnWordsAreNoInjections() throws IOException {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(root.resolve("docs"))) {
            root = Objects.requireNonNull(root.getParent(), "the test runs inside the checkout");
        }
        var texts = new ArrayList<String>();
        try (Stream<Path> files = Files.walk(root.resolve("docs"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".md")).toList()) {
                texts.add(Files.readString(file));
            }
        }
        assertThat(share("documentation", texts)).isZero();
        count("documentation", texts);
    }
}
