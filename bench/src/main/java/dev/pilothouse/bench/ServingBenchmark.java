package dev.pilothouse.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Ghz;
import dev.pilothouse.bench.measure.Peer;
import dev.pilothouse.bench.measure.Percentiles;
import dev.pilothouse.bench.measure.Program;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.bench.measure.Venv;
import dev.pilothouse.bench.measure.Wrk;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Inference of an iris-size ONNX model over the Open Inference Protocol: JSON requests a second at 32 connections beside
 * FastAPI with ONNX Runtime on two uvicorn workers, what the server adds to a direct call on one connection, and gRPC calls a
 * second from 32 callers. The rounds alternate; figures are medians.
 */
final class ServingBenchmark implements Benchmark {
    private static final int ROUNDS = 3;
    private static final int SECONDS = 10;
    private static final int CONNECTIONS = 32;
    private static final String BODY =
            "{\"inputs\":[{\"name\":\"X\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[5.1,3.5,1.4,0.2]}]}";
    private static final String MESSAGE =
            "{\"model_name\":\"iris\",\"inputs\":[{\"name\":\"X\",\"datatype\":\"FP32\",\"shape\":[1,4],"
                    + "\"contents\":{\"fp32_contents\":[5.1,3.5,1.4,0.2]}}]}";

    @Override
    public String name() {
        return "serving";
    }

    @Override
    public String about() {
        return "inference of a small model as JSON beside FastAPI and ONNX Runtime, and by gRPC; latency added to a direct call";
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) throws Exception {
        Optional<Venv> venv = Venv.with(
                "serving",
                report,
                "fastapi",
                "uvicorn",
                "uvloop",
                "httptools",
                "numpy",
                "onnxruntime",
                "scikit-learn",
                "skl2onnx");
        if (!Wrk.isThere() || venv.isEmpty()) {
            report.note(
                    "skipped: " + (venv.isEmpty() ? "no model without Python" : "wrk is not installed (Debian: wrk)"));
            report.atLeast("inference-json", Double.NaN, "req/s", 20_000);
            return;
        }
        Path model = scratch.resolve("iris.onnx");
        Path peers = Path.of("bench", "peers").toAbsolutePath();
        run(scratch, venv.get().program("python"), peers.resolve("iris.py").toString(), model.toString());
        try (var program = new Program(scratch)) {
            var server = program.serve(scratch.resolve("state"));
            Map<String, String> operator = server.environment(server.adminKey());
            program.pilot(operator, "model", "add", "iris", "iris.onnx").well("pilot model add");
            Files.writeString(scratch.resolve("pilothouse.yaml"), """
                    apiVersion: pilothouse.dev/v1
                    kind: Service
                    metadata: {name: iris}
                    model: {name: iris}
                    """);
            program.pilot(operator, "apply", "-f", "pilothouse.yaml").well("pilot apply");
            program.pilot(operator, "release", "iris", "--watch").well("pilot release");
            String caller = program.pilot(operator, "keys", "create", "caller", "--role", "invoker", "--quiet")
                    .well("pilot keys create")
                    .last();
            compare(scratch, venv.get(), peers, model, server.address(), caller, report);
            added(scratch, model, server.address(), caller, report);
            grpc(server.address(), caller, report);
        }
    }

    private static void grpc(String address, String key, Report report) throws IOException, InterruptedException {
        double[] rates = new double[ROUNDS];
        double[] p99 = new double[ROUNDS];
        Arrays.fill(rates, Double.NaN);
        Arrays.fill(p99, Double.NaN);
        Optional<Ghz> ghz = Ghz.installed(report);
        if (ghz.isPresent()) {
            ghz.get().infer(address, key, MESSAGE, CONNECTIONS, SECONDS);
            for (int round = 0; round < ROUNDS; round++) {
                Wrk.Load load = ghz.get().infer(address, key, MESSAGE, CONNECTIONS, SECONDS);
                say(report, "gRPC", load);
                rates[round] = load.rate();
                p99[round] = load.p99();
            }
        }
        report.atLeast("inference-grpc", Percentiles.median(rates), "req/s", 12_000);
        report.atMost("inference-grpc-p99", Percentiles.median(p99), "ms", 10);
    }

    private static void compare(
            Path scratch, Venv venv, Path peers, Path model, String address, String key, Report report)
            throws IOException, InterruptedException {
        double[] ours = new double[ROUNDS];
        double[] p99 = new double[ROUNDS];
        double[] theirs = new double[ROUNDS];
        Map<String, String> headers = Map.of("content-type", "application/json", "authorization", "Bearer " + key);
        report.say("%-12s %12s %9s %9s %6s", "server", "req/s", "p50 ms", "p99 ms", "bad");
        Wrk.post(scratch, address + "/v2/models/iris/infer", BODY, headers, CONNECTIONS, SECONDS);
        for (int round = 0; round < ROUNDS; round++) {
            Wrk.Load load = Wrk.post(scratch, address + "/v2/models/iris/infer", BODY, headers, CONNECTIONS, SECONDS);
            say(report, "pilothouse", load);
            ours[round] = load.rate();
            p99[round] = load.p99();
            int port = Peer.freePort();
            List<String> command = List.of(
                    venv.program("uvicorn"),
                    "--workers",
                    "2",
                    "--loop",
                    "uvloop",
                    "--http",
                    "httptools",
                    "--no-access-log",
                    "--log-level",
                    "warning",
                    "--port",
                    Integer.toString(port),
                    "fastapi_iris:app");
            Map<String, String> environment = Map.of("IRIS", model.toString(), "PYTHONDONTWRITEBYTECODE", "1");
            try (var peer = Peer.start(peers, scratch.resolve("fastapi.log"), environment, command)) {
                String url = "http://127.0.0.1:" + port + "/v2/models/iris/infer";
                Map<String, String> json = Map.of("content-type", "application/json");
                peer.await(Peer.post(url, BODY, json));
                Wrk.post(scratch, url, BODY, json, CONNECTIONS, 3);
                load = Wrk.post(scratch, url, BODY, json, CONNECTIONS, SECONDS);
                say(report, "fastapi", load);
                theirs[round] = load.rate();
            }
        }
        report.beside(
                "inference-json",
                Percentiles.median(ours),
                "req/s",
                Report.Goal.AT_LEAST,
                20_000,
                Percentiles.median(theirs));
        report.atLeast("inference-json-over-fastapi", Percentiles.median(ours) / Percentiles.median(theirs), "x", 1);
        report.atMost("inference-json-p99", Percentiles.median(p99), "ms", 6);
    }

    private static void added(Path scratch, Path model, String address, String key, Report report)
            throws IOException, InterruptedException, OrtException {
        Map<String, String> headers = Map.of("content-type", "application/json", "authorization", "Bearer " + key);
        double[] served = new double[ROUNDS];
        double[] direct = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            served[round] = 1_000
                    * Wrk.post(scratch, address + "/v2/models/iris/infer", BODY, headers, 1, SECONDS)
                            .p50();
            direct[round] = directMicros(model);
            report.say("one connection: p50 %.0f us served, %.0f us direct", served[round], direct[round]);
        }
        report.atMost("inference-added-p50", Percentiles.median(served) - Percentiles.median(direct), "us", 150);
    }

    /** Median microseconds of a call of the model in this process. */
    private static double directMicros(Path model) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (var options = new OrtSession.SessionOptions();
                var session = environment.createSession(model.toString(), options)) {
            String input = session.getInputNames().iterator().next();
            long[] nanos = new long[20_000];
            for (int i = 0; i < nanos.length; i++) {
                long before = System.nanoTime();
                try (var tensor = OnnxTensor.createTensor(
                                environment, FloatBuffer.wrap(new float[] {5.1f, 3.5f, 1.4f, .2f}), new long[] {1, 4});
                        var _ = session.run(Map.of(input, tensor))) {
                    nanos[i] = System.nanoTime() - before;
                }
            }
            return 1_000 * new Percentiles(nanos).millis(.5);
        }
    }

    private static void say(Report report, String who, Wrk.Load load) {
        report.say("%-12s %12.0f %9.2f %9.2f %6d", who, load.perSecond(), load.p50(), load.p99(), load.bad());
    }

    private static void run(Path folder, String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("'" + String.join(" ", command) + "' failed: " + text);
        }
    }
}
