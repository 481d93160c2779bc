package dev.pilothouse.examples.cardpayments;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The main job, done for real on this machine: a server of its own, data, training, gates, canaries, a promotion and a
 * rollback. Every step is a command that it prints and that a user could type, or a program of this example.
 *
 * <pre>{@code
 * pilot demo [--keep] [--dir DIR] [--seed N] [--yaml FILE]
 *            [--data FILE --target COLUMN [--task classification|regression] [--no-header]]
 * }</pre>
 *
 * Exit code 0 only where version 2 was promoted and version 3 was rolled back by itself.
 */
public final class Demo {
    private static final String PILOT = "dev.pilothouse.cli.Pilot";
    private static final String SERVER = "dev.pilothouse.server.Main";
    private static final Pattern READY = Pattern.compile("Pilothouse is ready at (\\S+)");
    private static final Pattern KEY = Pattern.compile("admin key, shown this once: (\\S+)");
    private static final Pattern MADE =
            Pattern.compile("MODEL name=(\\S+) version=(\\S+) (?:accuracy|rmse)=(\\S+) baseline=(\\S+)");
    private static final Pattern MEDIAN = Pattern.compile("median ([0-9.]+) ms");
    private static final int RATE = 600;

    private record Made(String version, String score, String baseline) {}

    private final long start = System.nanoTime();
    private final Arguments arguments;
    private final Path folder;
    private final Scenario scenario;
    private final long seed;
    private final Children children;
    private final Map<String, String> operator = new LinkedHashMap<>();
    private final Map<String, String> training = new LinkedHashMap<>();
    private final Map<String, String> calling = new LinkedHashMap<>();
    private final List<String> outcomes = new ArrayList<>();
    private final List<Double> medians = new CopyOnWriteArrayList<>();
    private String address = "";

    private Demo(Arguments arguments, Path folder) throws IOException {
        this.arguments = arguments;
        this.folder = folder;
        this.seed = arguments.number("seed", 7);
        this.children = new Children(folder);
        this.scenario = arguments.has("data")
                ? Scenario.own(
                        folder,
                        Path.of(arguments.required("data")),
                        arguments.required("target"),
                        arguments.text("task").map(Target.Task::parse),
                        !arguments.has("no-header"),
                        seed)
                : Scenario.payments(folder, seed);
    }

    /** Runs the story. */
    public static void main(String[] line) throws IOException, InterruptedException {
        int code;
        try {
            var arguments = new Arguments(
                    line, List.of("keep", "no-header"), List.of("dir", "seed", "data", "target", "task", "yaml"));
            Path folder = arguments.has("dir")
                    ? Files.createDirectories(Path.of(arguments.required("dir")))
                            .toAbsolutePath()
                    : Files.createTempDirectory("pilothouse-demo-");
            var demo = new Demo(arguments, folder);
            Runtime.getRuntime().addShutdownHook(new Thread(demo.children::close, "end-children"));
            code = demo.tell();
        } catch (IllegalArgumentException e) {
            System.err.println("error: " + e.getMessage());
            code = 2;
        } catch (IllegalStateException e) {
            System.err.println("error: " + e.getMessage());
            code = 1;
        }
        System.exit(code);
    }

    private int tell() throws IOException, InterruptedException {
        say("The data: " + scenario.about() + ".");
        startServer();
        String service = scenario.service();

        step("Version the data; expectations are inferred from it");
        pilot("data", "add", service, "train-1.csv");
        pilot("data", "add", service + "-evaluation", "evaluation.csv");
        step("A broken batch is refused, with rows and reasons");
        expect(1, pilot("data", "add", service, "broken.csv"), "the broken batch is refused");

        step("Train version 1; an ordinary MLflow client logs and registers it");
        Made first = train(1, "--data", "train-1.csv", "--effort", "quick", "--dataset", service + "@1");
        step("Declare the service: gates, canary steps, limits");
        writeServiceFile();
        pilot("apply", "-f", "pilothouse.yaml");
        step("Release version 1: there is nothing to compare with yet, so its gates decide");
        release(first.version(), 0, "version 1 is in production");

        step("Live traffic starts: " + RATE + " requests a second, true labels a moment later");
        Process traffic = traffic();

        step("Train version 2 on more data, with more effort, and release it");
        pilot("data", "add", service, "train-2.csv");
        Made second = train(2, "--data", "train-2.csv", "--dataset", service + "@2");
        boolean promoted = release(second.version(), 0, "version 2 is promoted");

        Defect defect = Defect.draw(seed);
        step("Train version 3 with a defect: it "
                + defect.words(Condition.parse(scenario.group(), live()), scenario.task())
                + "; no offline gate can see it");
        Made third = train(
                3,
                "--data",
                "train-2.csv",
                "--dataset",
                service + "@2",
                "--seed",
                String.valueOf(seed + 1),
                "--defect",
                String.valueOf(seed),
                "--recent",
                "live.csv",
                "--group",
                scenario.group(),
                "--latency",
                median());
        boolean stopped = release(third.version(), 1, "version 3 does not stay");
        pilot("status", service);
        if (stopped) {
            outcomes.add(
                    wasRolledBack(service)
                            ? "version 3 was caught under traffic and rolled back"
                            : "version 3 was stopped by a gate, so that the canary had nothing to catch");
        }
        children.end(traffic);

        step("Prove that nothing on the ledger was changed");
        boolean verified = pilot("audit", "verify") == 0;

        say("");
        say("What came out:");
        say(String.format(
                Locale.ROOT,
                regression()
                        ? "  mean baseline RMSE %s; version 1 RMSE %s, version 2 %s, version 3 %s (held-out rows)"
                        : "  majority baseline %s; version 1 accuracy %s, version 2 %s, version 3 %s (held-out rows)",
                first.baseline(),
                first.score(),
                second.score(),
                third.score()));
        outcomes.forEach(outcome -> say("  " + outcome));
        say(String.format(Locale.ROOT, "  %.1f s in all, no wait was artificial", seconds()));
        boolean well = promoted && stopped && verified;
        return finish(well);
    }

    private boolean wasRolledBack(String service) throws IOException, InterruptedException {
        var lines = new ArrayList<String>();
        var _ = children.run(PILOT, List.of("status", service), operator, lines::add);
        return lines.stream().anyMatch(line -> line.contains("  rolled-back  "));
    }

    private int finish(boolean well) throws InterruptedException {
        if (arguments.has("keep")) {
            say("");
            say("The server stays up at " + address + "; in another terminal:");
            operator.forEach((name, value) -> {
                if (!name.equals("XDG_CONFIG_HOME")) {
                    say("  export " + name + "=" + value);
                }
            });
            say("  ./pilot status " + scenario.service() + "        the service and its last rollout");
            say("  ./pilot history " + scenario.service() + "       every step, from the ledger");
            say("  export MLFLOW_TRACKING_URI=" + address + " MLFLOW_TRACKING_TOKEN=$PILOTHOUSE_API_KEY");
            say("End it with Ctrl-C. Data stays in " + folder + ".");
            new java.util.concurrent.CountDownLatch(1).await();
        }
        say("Try next: ./pilot demo --keep, ./pilot demo --seed " + (seed + 1)
                + ", ./pilot demo --data your.csv --target label");
        children.close();
        if (!arguments.has("dir")) {
            delete(folder);
        }
        return well ? 0 : 1;
    }

    private void startServer() throws IOException, InterruptedException {
        step("Start a server in " + folder);
        var ready = new CompletableFuture<String>();
        var key = new CompletableFuture<String>();
        var log = Files.newBufferedWriter(folder.resolve("server.log"));
        command("pilot up --data-dir state --port 0");
        Process server = children.start(
                SERVER, List.of("--data-dir=" + folder.resolve("state"), "--http.port=0"), Map.of(), line -> {
                    find(READY, line, ready::complete);
                    find(KEY, line, key::complete);
                    try {
                        log.write(line.replaceAll("(shown this once: ).*", "$1(printed on the terminal)"));
                        log.newLine();
                        log.flush();
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
        var _ = server.onExit()
                .thenAccept(ended -> ready.completeExceptionally(
                        new IllegalStateException("The server ended with code " + ended.exitValue())));
        try {
            address = ready.get(60, TimeUnit.SECONDS);
            operator.put("PILOTHOUSE_URL", address);
            operator.put("PILOTHOUSE_API_KEY", key.get(5, TimeUnit.SECONDS));
            operator.put("XDG_CONFIG_HOME", folder.resolve("config").toString());
        } catch (java.util.concurrent.ExecutionException | TimeoutException e) {
            throw new IllegalStateException(
                    "The server did not start; its last words are in " + folder.resolve("server.log") + ".", e);
        }
        say("  ready at " + address);
        training.put("MLFLOW_TRACKING_URI", address);
        training.put("MLFLOW_TRACKING_TOKEN", newKey("trainer", "engineer"));
        calling.put("PILOTHOUSE_URL", address);
        calling.put("PILOTHOUSE_API_KEY", newKey("payment-system", "invoker"));
    }

    /** Each program gets a key of its own with only the roles it needs. */
    private String newKey(String name, String role) throws IOException, InterruptedException {
        var words = new ArrayList<>(List.of("keys", "create", name, "--role", role));
        command("pilot " + String.join(" ", words));
        words.add("--quiet");
        var lines = new ArrayList<String>();
        int code = children.run(PILOT, words, operator, lines::add);
        expect(0, code, "a key for " + name + " is made: " + lines);
        return lines.getLast().strip();
    }

    private int pilot(String... words) throws IOException, InterruptedException {
        command("pilot " + String.join(" ", words));
        return children.run(PILOT, List.of(words), operator, line -> say("  " + line));
    }

    private Made train(int version, String... options) throws IOException, InterruptedException {
        var line = new ArrayList<>(List.of(options));
        line.addAll(List.of(
                "--target", scenario.target(), "--task", scenario.task().label(), "--model", scenario.service()));
        command("trainer " + String.join(" ", line));
        var made = new CompletableFuture<Made>();
        int code = children.run(Trainer.class.getName(), line, training, text -> {
            Matcher matcher = MADE.matcher(text);
            if (matcher.find()) {
                made.complete(new Made(matcher.group(2), matcher.group(3), matcher.group(4)));
            } else {
                say("  " + text);
            }
        });
        expect(0, code, "version " + version + " is trained");
        return made.getNow(new Made("?", "?", "?"));
    }

    private boolean release(String version, int expected, String what) throws IOException, InterruptedException {
        long before = System.nanoTime();
        int code = pilot("release", scenario.service(), "--model", scenario.service() + "/" + version, "--watch");
        boolean asSaid = code == expected;
        outcomes.add(String.format(
                Locale.ROOT, "%s: %s after %.1f s", what, asSaid ? "yes" : "NO", (System.nanoTime() - before) / 1e9));
        if (!asSaid && expected == 0 && version.equals("1")) {
            throw new IllegalStateException(
                    "The first version did not get into production, so there is nothing to go on with.");
        }
        return asSaid;
    }

    private Process traffic() throws IOException {
        var line = List.of(
                "--data",
                "live.csv",
                "--target",
                scenario.target(),
                "--service",
                scenario.service(),
                "--output",
                regression() ? "prediction" : "label",
                "--rate",
                String.valueOf(RATE));
        command("traffic " + String.join(" ", line));
        return children.start(Traffic.class.getName(), line, calling, text -> {
            find(MEDIAN, text, median -> medians.add(Double.parseDouble(median)));
            if (text.matches("\\s*\\d*[05] s .*") || !text.contains("requests/s")) {
                say("  | " + text.strip());
            }
        });
    }

    /** Milliseconds that a request takes: the median of the seconds' medians, as the traffic saw them. */
    private String median() {
        double[] sorted =
                medians.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return sorted.length == 0 ? "3" : String.format(Locale.ROOT, "%.3f", sorted[sorted.length / 2]);
    }

    private boolean regression() {
        return scenario.task() == Target.Task.REGRESSION;
    }

    /** A hundredth of the target's standard deviation, with two digits: how much more error a release may bring. */
    private String tolerated() throws IOException {
        Table evaluation = Table.read(folder.resolve("evaluation.csv"), true);
        var quantity = (Target.Quantity)
                Target.learn(evaluation, evaluation.position(scenario.target()), Target.Task.REGRESSION);
        return new BigDecimal(quantity.scale() / 100).round(new MathContext(2)).toPlainString();
    }

    private Table live() throws IOException {
        return Table.read(folder.resolve("live.csv"), true);
    }

    private void writeServiceFile() throws IOException {
        String text;
        try (var in = Demo.class.getResourceAsStream("pilothouse.yaml")) {
            if (in == null) {
                throw new IllegalStateException("The example's service file is missing from its jar");
            }
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .replace("name: fraud", "name: " + scenario.service())
                    .replace("dataset: fraud", "dataset: " + scenario.service())
                    .replace("target: fraud", "target: \"" + scenario.target().replace("\"", "\\\"") + "\"");
            if (regression()) {
                text = text.replace("metric: accuracy", "metric: rmse")
                        .replace("output: label", "output: prediction")
                        .replace(
                                "no-worse-than-production: 0.01",
                                "no-worse-than-production: " + tolerated()
                                        + " # 1 % of the target's standard deviation")
                        .replace("  labels: required", "  wrong-beyond: auto\n  labels: required");
            }
        }
        Files.writeString(folder.resolve("pilothouse.yaml"), text);
        if (arguments.has("yaml")) {
            Files.writeString(Path.of(arguments.required("yaml")), text);
        }
    }

    private static void find(Pattern pattern, String line, Consumer<String> found) {
        Matcher matcher = pattern.matcher(line);
        if (matcher.find()) {
            found.accept(matcher.group(1));
        }
    }

    private static void expect(int expected, int code, String what) {
        if (code != expected) {
            throw new IllegalStateException(
                    "It was expected that " + what + ", but the command ended with code " + code + ".");
        }
    }

    private double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }

    private void step(String text) {
        System.out.printf(Locale.ROOT, "%n[%5.1f s] %s%n", seconds(), text);
    }

    private static void command(String line) {
        System.out.println("$ " + line);
    }

    private static void say(String line) {
        System.out.println(line);
    }

    private static void delete(Path folder) {
        try (var files = Files.walk(folder)) {
            files.sorted(java.util.Comparator.reverseOrder()).forEach(file -> {
                if (!file.toFile().delete()) {
                    System.err.println(file + " could not be deleted.");
                }
            });
        } catch (IOException e) {
            System.err.println(folder + " could not be deleted: " + e.getMessage());
        }
    }
}
