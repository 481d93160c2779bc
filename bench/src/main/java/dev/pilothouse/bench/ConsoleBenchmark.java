package dev.pilothouse.bench;

import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Program;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * How soon the console's first page is usable on an installation of 200 services and 10,000 runs, and how much script it
 * needs: cold loads in Chromium beside the server, on its cores. Usable is when the services stand there and the page's thread
 * has been free for half a second since; the median of nine loads, each in a browser profile of its own.
 */
final class ConsoleBenchmark implements Benchmark {
    private static final List<String> BROWSERS = List.of("chromium", "chromium-browser", "google-chrome");

    @Override
    public String name() {
        return "console";
    }

    @Override
    public String about() {
        return "the console's first page with 200 services and 10,000 runs, in Chromium";
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) throws Exception {
        Optional<Path> browser =
                BROWSERS.stream().flatMap(ConsoleBenchmark::find).findFirst();
        double seconds = Double.NaN;
        double kilobytes = Double.NaN;
        if (find("node").findFirst().isEmpty()
                || browser.isEmpty()
                || !Files.isDirectory(Path.of("console", "node_modules"))) {
            report.note("not measured: it takes Node, Chromium and the console's own build (console/build)");
        } else {
            try (var program = new Program(scratch)) {
                var server = program.serve(scratch.resolve("state"));
                JsonNode measured = measure(server, browser.get());
                program.end(server.process());
                seconds = measured.path("firstMillis").doubleValue() / 1e3;
                kilobytes = measured.path("scriptBytes").doubleValue() / 1024;
                report.note(
                        "200 services in production, 10,000 runs of 10 metrics and 10 params; server and browser share the cores");
                report.say(
                        "the page of runs, 1,000 of 10,000 shown: %.2f s",
                        measured.path("runsMillis").doubleValue() / 1e3);
            }
        }
        report.atMost("first-page-interactive", seconds, "s", 1);
        report.atMost("first-page-script", kilobytes, "KB", 150);
    }

    private static JsonNode measure(Program.Server server, Path browser) throws IOException, InterruptedException {
        var builder = new ProcessBuilder("node", "tests/bench.mjs")
                .directory(Path.of("console").toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("PILOTHOUSE_URL", server.address());
        builder.environment().put("PILOTHOUSE_API_KEY", server.adminKey());
        builder.environment().put("CHROMIUM", browser.toString());
        Process process = builder.start();
        try (InputStream out = process.getInputStream()) {
            String text = new String(out.readAllBytes(), StandardCharsets.UTF_8).strip();
            if (process.waitFor() != 0) {
                throw new IllegalStateException("node tests/bench.mjs ended with code " + process.exitValue());
            }
            return Json.parse(text.substring(text.lastIndexOf('\n') + 1));
        } finally {
            process.destroy();
        }
    }

    private static Stream<Path> find(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable);
    }
}
