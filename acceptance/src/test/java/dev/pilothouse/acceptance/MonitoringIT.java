package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.testkit.OnnxBytes;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The dashboard that ships reads metrics that a running server has. {@code -Dreference.write=true} writes the reference of metrics
 * anew.
 */
class MonitoringIT {
    private static final Path MONITORING = HowTo.repository().resolve("packaging/monitoring");
    private static final Path PAGE = HowTo.repository().resolve("docs/reference/metrics.md");
    private static final Pattern NAME =
            Pattern.compile("\\b((?:pilothouse|http_server|jvm|process|system)_[a-z0-9_]+)\\b(?!\\s*=)");
    private static final Pattern HELP = Pattern.compile("^# HELP (\\S+) ?(.*)$", Pattern.MULTILINE);
    private static final Pattern TYPE = Pattern.compile("^# TYPE (\\S+) (\\S+)$", Pattern.MULTILINE);
    private static final Pattern SAMPLE = Pattern.compile("^([a-z][a-z0-9_]*)(?:\\{([^}]*)})? ", Pattern.MULTILINE);
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"");

    @TempDir
    private static Path folder;

    private static String metrics = "";

    @BeforeAll
    static void serveAndScrape() throws Exception {
        try (var server = PackagedServer.start()) {
            Path model = folder.resolve("fraud.onnx");
            Files.write(model, OnnxBytes.adding(1, 1));
            Path file = folder.resolve("pilothouse.yaml");
            Files.writeString(file, """
                    apiVersion: pilothouse.dev/v1
                    kind: Service
                    metadata: {name: m}
                    model: {name: m}
                    """);
            Cli cli = server.cli();
            cli.pilot("model", "add", "m", model.toString()).done();
            cli.pilot("apply", "-f", file.toString()).done();
            cli.pilot("release", "m", "--watch").done();
            cli.pilot(
                            "infer",
                            "m",
                            "--input",
                            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,1],\"data\":[1]}]}")
                    .done();
            Path guard = folder.resolve("guard.yaml");
            Files.writeString(guard, "input: {secrets: block}\n");
            cli.pilot("guards", "set", "secrets", "-f", guard.toString()).done();
            for (String path : List.of("/api/2.0/mlflow/experiments/search?max_results=1", "/metrics", "/metrics")) {
                metrics = get(server, path);
            }
        }
    }

    private static String get(PackagedServer server, String path) throws IOException, InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(server.address().resolve(path))
                                    .header("authorization", "Bearer " + server.key())
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    @AfterAll
    static void forget() {
        metrics = "";
    }

    private static List<String> expressions() throws IOException {
        JsonNode dashboard = Json.parse(Files.readString(MONITORING.resolve("grafana-dashboard.json")));
        var expressions = new ArrayList<String>();
        dashboard
                .path("panels")
                .forEach(panel -> panel.path("targets")
                        .forEach(target -> expressions.add(target.path("expr").asString())));
        dashboard
                .path("annotations")
                .path("list")
                .forEach(mark -> expressions.add(mark.path("expr").asString()));
        return expressions;
    }

    @Test
    void everyMetricOfTheDashboardIsThere() throws IOException {
        var there = new TreeSet<String>();
        SAMPLE.matcher(metrics).results().forEach(sample -> there.add(sample.group(1)));
        var named = new TreeSet<String>();
        for (String expression : expressions()) {
            NAME.matcher(expression).results().forEach(name -> named.add(name.group(1)));
        }
        String page =
                Files.readString(HowTo.repository().resolve("docs/how-to/monitor-with-prometheus-and-grafana.md"));
        NAME.matcher(page.substring(page.indexOf("## Alerts"))).results().forEach(name -> named.add(name.group(1)));
        assertThat(named).hasSizeGreaterThan(20);
        assertThat(there).containsAll(named);
        assertThat(metrics)
                .contains("operation=")
                .contains("protocol=\"mlflow\"")
                .contains("route=\"split\"");
    }

    @Test
    void everyExpressionIsUnderstoodByPrometheus() throws IOException, InterruptedException {
        var rules = new StringBuilder("groups:\n- name: dashboard\n  rules:\n");
        List<String> expressions = expressions();
        for (int i = 0; i < expressions.size(); i++) {
            rules.append("  - record: panel").append(i).append("\n    expr: ");
            rules.append(Json.write(Json.MAPPER.valueToTree(expressions.get(i).replace("$__rate_interval", "1m"))))
                    .append('\n');
        }
        Path file = Files.writeString(folder.resolve("rules.yml"), rules);
        Process promtool;
        try {
            promtool = new ProcessBuilder("promtool", "check", "rules", file.toString())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException _) {
            System.out.println("skipped: PromQL is not parsed, for promtool (Debian: prometheus) is not on the PATH");
            promtool = abort("promtool is not on the PATH");
        }
        String said = new String(promtool.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(promtool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(promtool.exitValue()).as(said).isZero();
        assertThat(said).contains(expressions.size() + " rules found");
    }

    @Test
    void thePageOfMetricsIsWhatAServerSays() throws IOException {
        var types = new TreeMap<String, String>();
        TYPE.matcher(metrics).results().forEach(type -> types.put(type.group(1), type.group(2)));
        var labels = new TreeMap<String, TreeSet<String>>();
        SAMPLE.matcher(metrics).results().forEach(sample -> {
            String family = sample.group(1).replaceAll("_(bucket|count|sum|max)$", "");
            var names = labels.computeIfAbsent(
                    types.containsKey(sample.group(1)) ? sample.group(1) : family, _ -> new TreeSet<>());
            LABEL.matcher(sample.group(2) == null ? "" : sample.group(2))
                    .results()
                    .filter(label -> !label.group(1).equals("le"))
                    .forEach(label -> names.add(label.group(1)));
        });
        var page = new StringBuilder("""
                # Metrics

                What `/metrics` shows to a key with the role `viewer`. Written from a running server by `MonitoringIT` in `acceptance/`. A metric of
                requests or models appears with the first of its kind, one of garbage collection with the first collection. Histograms have
                `_bucket`, `_count` and `_sum`, and a gauge `_max` of the last minutes.

                | metric | kind | labels | meaning |
                |---|---|---|---|
                """);
        HELP.matcher(metrics)
                .results()
                .filter(help -> ours(help.group(1)))
                .forEach(help -> page.append(String.format(
                        "| `%s` | %s | %s | %s |%n",
                        help.group(1),
                        types.getOrDefault(help.group(1), ""),
                        String.join(
                                ", ",
                                labels.getOrDefault(help.group(1), new TreeSet<>()).stream()
                                        .map(name -> "`" + name + "`")
                                        .toList()),
                        help.group(2))));
        page.append("""

                Beside these the Java process: `jvm_*`, `process_*` and `system_*`, as Micrometer names them.
                """);
        if (Boolean.getBoolean("reference.write")) {
            Files.writeString(PAGE, page);
        }
        assertThat(Files.exists(PAGE) ? Files.readString(PAGE) : "")
                .as("write it anew: mvn -pl acceptance verify -Dit.test=MonitoringIT -Dreference.write=true")
                .isEqualTo(page.toString());
    }

    private static boolean ours(String name) {
        return name.startsWith("pilothouse_") || name.startsWith("http_server_");
    }
}
