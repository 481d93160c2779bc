package dev.pilothouse.bench.measure;

import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** gRPC load by {@code ghz}, which is installed once through the Go module proxy under {@code bench/target}. */
public final class Ghz {
    private static final String MODULE = "github.com/bojand/ghz/cmd/ghz@v0.93.0";
    private static final int CHANNELS = 4;
    private final Path program;

    private Ghz(Path program) {
        this.program = program;
    }

    /** The tool, installed where it is not there; empty where that fails, with the reason noted. */
    public static Optional<Ghz> installed(Report report) throws InterruptedException {
        Path folder = Path.of("bench", "target", "go").toAbsolutePath();
        Path bin = folder.resolve("bin");
        Path program = bin.resolve("ghz");
        if (!Files.isExecutable(program)) {
            report.say("installing %s ...", MODULE);
            // Where Go's own installer puts it, which is not on every path.
            Path go = Path.of("/usr/local/go/bin/go");
            var builder = new ProcessBuilder(Files.isExecutable(go) ? go.toString() : "go", "install", MODULE)
                    .redirectErrorStream(true);
            builder.environment().put("GOBIN", bin.toString());
            try {
                Files.createDirectories(folder);
                Path log = folder.resolve("install.log");
                Process process = builder.redirectOutput(log.toFile()).start();
                if (process.waitFor() != 0) {
                    throw new IOException("'go install " + MODULE + "' failed: " + Files.readString(log));
                }
            } catch (IOException e) {
                report.note("no gRPC load: " + e.getMessage());
                return Optional.empty();
            }
        }
        return Optional.of(new Ghz(program));
    }

    /** Calls ModelInfer with the same message over and over, from that many callers over four connections. */
    public Wrk.Load infer(String address, String key, String message, int callers, int seconds)
            throws IOException, InterruptedException {
        Path proto = Path.of("run/openinference/src/main/protobuf/open_inference_grpc.proto");
        Process process = new ProcessBuilder(List.of(
                        program.toString(),
                        "--insecure",
                        "--proto=" + proto,
                        "--call=inference.GRPCInferenceService.ModelInfer",
                        "--metadata={\"authorization\":\"Bearer " + key + "\"}",
                        "--data=" + message,
                        "--concurrency=" + callers,
                        "--connections=" + CHANNELS,
                        "--duration=" + seconds + "s",
                        "--duration-stop=wait",
                        "--format=json",
                        URI.create(address).getAuthority()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        JsonNode told = Json.parse(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException("ghz ended with code " + process.exitValue());
        }
        long calls = told.path("count").asLong();
        long good = told.path("statusCodeDistribution").path("OK").asLong(0);
        return new Wrk.Load(
                told.path("rps").asDouble(), percentile(told, 50), percentile(told, 99), calls, calls - good);
    }

    private static double percentile(JsonNode told, int wanted) {
        for (JsonNode one : told.path("latencyDistribution")) {
            if (one.path("percentage").asInt() == wanted) {
                return one.path("latency").asDouble() / 1e6;
            }
        }
        return Double.NaN;
    }
}
