package dev.pilothouse.bench;

import dev.pilothouse.bench.measure.Arguments;
import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Percentiles;
import dev.pilothouse.bench.measure.Program;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Whether the canary is right: defective versions of the card-payments model, which all pass the offline gates, and good
 * ones, released one after the other under live traffic against one server. Counts the defective ones that were rolled back,
 * those with the defect's own reason, and the good ones that were promoted.
 *
 * <p>Options: {@code --seeds N} versions of each sort (default 20), {@code --from N} first seed (default 0).
 */
final class CanaryBenchmark implements Benchmark {
    private static final String EXAMPLE = "dev.pilothouse.examples.cardpayments.";
    private static final Pattern MADE = Pattern.compile("MODEL name=\\S+ version=(\\S+)");
    private static final Pattern DEFECT = Pattern.compile("DEFECT kind=(\\S+) size=(\\S+)");
    private static final Pattern MEDIAN = Pattern.compile("median ([0-9.]+) ms");
    private static final Map<String, String> REASONS =
            Map.of("errors", "% errors", "latency", "% slow answers", "accuracy", "% wrong answers");

    private record Outcome(String phase, String sentence, double seconds) {}

    @Override
    public String name() {
        return "canary";
    }

    @Override
    public String about() {
        return "defective versions caught and good versions promoted, of --seeds N each (20)";
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) throws Exception {
        int seeds = Arguments.number(arguments, "--seeds", 20);
        int from = Arguments.number(arguments, "--from", 0);
        Path root = Path.of("").toAbsolutePath();
        try (var program = new Program(scratch)) {
            var server = program.serve(scratch.resolve("state"));
            Map<String, String> operator = server.environment(server.adminKey());
            program.run(EXAMPLE + "Payments", List.of("--out", scratch.toString(), "--seed", "7"), Map.of())
                    .well("The generator");
            program.pilot(operator, "data", "add", "fraud", "train-2.csv").well("pilot data add");
            program.pilot(operator, "data", "add", "fraud-evaluation", "evaluation.csv")
                    .well("pilot data add");
            Files.copy(
                    root.resolve("examples/card-payments/src/main/resources/" + EXAMPLE.replace('.', '/')
                            + "pilothouse.yaml"),
                    scratch.resolve("pilothouse.yaml"));
            program.pilot(operator, "apply", "-f", "pilothouse.yaml").well("pilot apply");
            Outcome first = release(program, operator, version(train(program, operator, 1_000)));
            if (!first.phase.equals("promoted")) {
                throw new IllegalStateException("The first version is not in production: " + first.sentence);
            }
            var medians = new CopyOnWriteArrayList<Double>();
            program.start(
                    EXAMPLE + "Traffic",
                    List.of("--data", "live.csv", "--target", "fraud", "--service", "fraud", "--rate", "600"),
                    operator,
                    line -> {
                        Matcher matcher = MEDIAN.matcher(line);
                        if (matcher.find()) {
                            medians.add(Double.parseDouble(matcher.group(1)));
                        }
                    });
            releases(program, operator, from, seeds, medians, report);
            program.pilot(operator, "audit", "verify").well("pilot audit verify");
        }
    }

    private static void releases(
            Program program, Map<String, String> operator, int from, int seeds, List<Double> medians, Report report)
            throws IOException, InterruptedException {
        int caught = 0;
        int forItsReason = 0;
        int promoted = 0;
        var toCatch = new ArrayList<Double>();
        var toPromote = new ArrayList<Double>();
        report.say("%-5s %-10s %-9s %-12s %7s  %s", "seed", "version", "size", "came to", "s", "why");
        for (int seed = from; seed < from + seeds; seed++) {
            double median = medians.isEmpty() ? 3 : Percentiles.median(medians);
            List<String> bad = train(
                    program,
                    operator,
                    seed,
                    "--defect",
                    String.valueOf(seed),
                    "--recent",
                    "live.csv",
                    "--group",
                    "channel=wallet",
                    "--latency",
                    String.format(Locale.ROOT, "%.3f", median));
            String kind = find(DEFECT, bad, 1);
            Outcome defective = release(program, operator, version(bad));
            if (defective.phase.equals("rolled-back")) {
                caught++;
                toCatch.add(defective.seconds);
                forItsReason += defective.sentence.contains(REASONS.getOrDefault(kind, "?")) ? 1 : 0;
            }
            say(report, seed, kind, find(DEFECT, bad, 2), defective);
            Outcome good = release(program, operator, version(train(program, operator, 100 + seed)));
            if (good.phase.equals("promoted")) {
                promoted++;
                toPromote.add(good.seconds);
            }
            say(report, seed, "good", "-", good);
        }
        report.atLeast("defects-caught", caught, "of-" + seeds, seeds);
        report.atLeast("caught-for-their-own-reason", forItsReason, "of-" + seeds, seeds);
        report.atLeast("good-versions-promoted", promoted, "of-" + seeds, seeds);
        report.atMost("release-to-rollback-median", Percentiles.median(toCatch), "s", 60);
        report.atMost("release-to-promotion-median", Percentiles.median(toPromote), "s", 60);
    }

    private static void say(Report report, int seed, String kind, String size, Outcome outcome) {
        report.say(
                "%-5d %-10s %-9s %-12s %7.1f  %s", seed, kind, size, outcome.phase, outcome.seconds, outcome.sentence);
    }

    private static List<String> train(Program program, Map<String, String> operator, int seed, String... more)
            throws IOException, InterruptedException {
        var line = new ArrayList<>(List.of(
                "--data", "train-2.csv", "--dataset", "fraud@1", "--target", "fraud", "--model", "fraud", "--seed"));
        line.add(String.valueOf(seed));
        line.addAll(List.of(more));
        return program.run(EXAMPLE + "Trainer", line, operator)
                .well("The trainer")
                .lines();
    }

    private static String version(List<String> trained) {
        return find(MADE, trained, 1);
    }

    private static String find(Pattern pattern, List<String> lines, int group) {
        for (String line : lines) {
            Matcher matcher = pattern.matcher(line);
            if (matcher.find()) {
                return matcher.group(group);
            }
        }
        throw new IllegalStateException("No line like " + pattern + " in: " + String.join("\n", lines));
    }

    /** Releases a version and waits for its end. */
    private static Outcome release(Program program, Map<String, String> operator, String version)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        program.pilot(operator, "release", "fraud", "--model", "fraud/" + version, "--watch");
        double seconds = (System.nanoTime() - start) / 1e9;
        JsonNode release = Json.parse(String.join(
                        "\n",
                        program.pilot(operator, "status", "fraud", "--output", "json")
                                .well("pilot status")
                                .lines()))
                .path("release");
        return new Outcome(
                release.path("phase").stringValue(), release.path("sentence").stringValue(), seconds);
    }
}
