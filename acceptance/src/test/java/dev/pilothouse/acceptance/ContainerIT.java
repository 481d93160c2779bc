package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.linecorp.armeria.client.grpc.GrpcClients;
import inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import inference.InferTensorContents;
import inference.ModelInferRequest;
import inference.ModelInferRequest.InferInputTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that serve, released and kept running: Python programs behind the packaged server. */
class ContainerIT {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Path EXAMPLE = HowTo.repository().resolve("examples/python-model");

    /** Fails each request of that turn, and does not start without being told. */
    private static final String FLAKY = """
            import itertools, os, sys
            sys.dont_write_bytecode = True
            import serve

            class Flaky(serve.Model):
                turn = itertools.count(1)

                def __init__(self, folder):
                    self.every = int(os.environ["FAIL_EVERY"])

                def predict(self, inputs):
                    if self.every and next(self.turn) % self.every == 0:
                        raise RuntimeError("the tenth is one too many")
                    return {"score": [1.0 for _ in inputs["x"]]}

            serve.run(Flaky)
            """;

    /** Says something, then neither listens nor ends. */
    private static final String SILENT = """
            import threading
            print("loading weights that never come", flush=True)
            threading.Event().wait()
            """;

    /** Says who it is when it starts and whenever it is asked, so that no line is like another. */
    private static final String TALKING = """
            import itertools, os, sys
            sys.dont_write_bytecode = True
            import serve

            class Talking(serve.Model):
                turn = itertools.count(1)

                def __init__(self, folder):
                    print("process", os.getpid(), "begins", flush=True)

                def predict(self, inputs):
                    print("process", os.getpid(), "answers", next(self.turn), flush=True)
                    return {"score": [1.0 for _ in inputs["x"]]}

            serve.run(Talking)
            """;

    @TempDir
    private static Path files;

    private static PackagedServer server;

    @BeforeAll
    static void start() throws IOException {
        boolean python = hasPython();
        if (!python) {
            System.out.println("skipped: containers in Python, for there is no python3 on the PATH");
        }
        assumeTrue(python, "python3 is on the PATH");
        Files.writeString(files.resolve("flaky.py"), FLAKY);
        Files.writeString(files.resolve("silent.py"), SILENT);
        Files.writeString(files.resolve("talking.py"), TALKING);
        server = PackagedServer.start();
    }

    private static boolean hasPython() {
        try {
            return new ProcessBuilder("python3", "-c", "").start().waitFor(Duration.ofSeconds(20));
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    /** A service of a script in the tests' folder. */
    private static String service(String name, String script, String more) {
        return """
                apiVersion: pilothouse.dev/v1
                kind: Service
                metadata:
                  name: %s
                container:
                  command: [python3, %s, "{port}"]
                  directory: %s
                  model: scorecard
                  env: {PYTHONPATH: %s, FAIL_EVERY: 0}
                  start-within: 20s
                rollout:
                  steps: [25, 50, 100]
                  min-requests: 40
                  slow-after: 20s
                  errors: {tolerance: 1%%, margin: 25%%}
                  slow: {tolerance: 5%%, margin: 25%%}
                """.formatted(name, script, files, EXAMPLE) + more;
    }

    private static void apply(PackagedServer to, String name, String yaml) {
        try {
            Path file = Files.writeString(files.resolve(name + ".yaml"), yaml);
            to.cli().pilot("apply", "-f", file.toString()).done();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Client.Answer ask(PackagedServer of, String service) {
        return of.client().send("POST", "/v2/models/" + service + "/infer", "application/json", Traffic.ask(1));
    }

    private static String sentence(String service) {
        return server.client().service(service).path("release").path("sentence").asString();
    }

    /** Runs a page's command as from the repository's folder. */
    private static Cli.Result run(String[] command) throws IOException {
        var arguments = new ArrayList<String>();
        for (String word : command) {
            if (word.endsWith("pilothouse.yaml")) {
                String yaml = Files.readString(HowTo.repository().resolve(word))
                        .replace("directory: examples/python-model", "directory: " + EXAMPLE);
                arguments.add(
                        Files.writeString(files.resolve("page.yaml"), yaml).toString());
            } else {
                arguments.add(
                        word.startsWith("examples/")
                                ? HowTo.repository().resolve(word).toString()
                                : word);
            }
        }
        return server.cli().pilot(arguments.toArray(String[]::new)).done();
    }

    @Test
    void thePageAboutPythonModelsDoesWhatItSays() throws IOException {
        HowTo page = HowTo.page("serve-a-python-model.md");
        assertThat(page.blocks("yaml").getFirst())
                .as("the page shows the example's file")
                .isEqualTo(Files.readString(EXAMPLE.resolve("pilothouse.yaml")));
        for (String[] command : page.pilot(0)) {
            run(command);
        }
        String last = "";
        for (String[] command : page.pilot(1)) {
            last = run(command).out();
        }
        assertThat(last.replace(" ", "").replace("\n", "")).contains("0.02,0.91");
        assertThat(processes(server, "scorecard")).hasSize(2);

        Client client = server.client();
        try (var traffic = new Traffic(client, "scorecard")) {
            for (String[] command : page.pilot(2)) {
                last = run(command).out();
            }
            assertThat(last).contains("promoted");
            await().atMost(LONG).until(() -> traffic.count(200, 2) > 20);
            assertThat(traffic.refused()).isEmpty();
        }
        assertThat(client.get("/api/v1/models/scorecard")
                        .json()
                        .at("/aliases/production")
                        .asInt())
                .isEqualTo(2);
        assertThat(client.service("scorecard").toString()).contains("with scorecard/2");

        var grpc = GrpcClients.builder("gproto+" + server.address())
                .addHeader("authorization", "Bearer " + server.key())
                .build(GRPCInferenceServiceBlockingStub.class);
        var answer = grpc.modelInfer(ModelInferRequest.newBuilder()
                .setModelName("scorecard")
                .addInputs(InferInputTensor.newBuilder()
                        .setName("x")
                        .setDatatype("INT64")
                        .addShape(2)
                        .setContents(InferTensorContents.newBuilder()
                                .addInt64Contents(0)
                                .addInt64Contents(2)))
                .build());
        assertThat(answer.getModelVersion()).isEqualTo("2");
        assertThat(answer.getOutputs(0).getContents().getFp64ContentsList()).containsExactly(0.02, 0.91);
        assertThat(server.cli().pilot("logs", "scorecard").done().out()).contains("listens on");
    }

    @Test
    void aCommandThatFailsOnATenthIsRolledBackWithTheReason() {
        String good = service("flaky", "flaky.py", "");
        apply(server, "flaky", good);
        server.cli().pilot("release", "flaky", "--watch").done();
        apply(server, "flaky", good.replace("FAIL_EVERY: 0", "FAIL_EVERY: 10"));
        try (var traffic = new Traffic(server.client(), "flaky")) {
            server.cli().pilot("release", "flaky", "--watch").ended(1);
            assertThat(server.client().state("flaky")).isEqualTo("rolled-back");
            assertThat(sentence("flaky"))
                    .contains("Rolled back")
                    .contains("error")
                    .containsPattern("\\d");
            long before = traffic.count(200, 1);
            await().atMost(LONG).until(() -> traffic.count(200, 1) > before + 20);
            assertThat(traffic.count(500, 1)).as(traffic.seen()).isZero();
            assertThat(traffic.count(500, 2)).as(traffic.seen()).isPositive();
        }
    }

    @Test
    void anEvaluationGateAsksTheCommandBeforeItMeetsTraffic() throws IOException {
        Path answers = Files.writeString(files.resolve("answers.csv"), "x,label\n0,1.0\n1,1.0\n2,1.0\n");
        server.cli().pilot("data", "add", "answers", answers.toString()).done();
        String gated = service(
                "gated",
                "flaky.py",
                "gates:\n  - evaluation: {dataset: answers, target: label, metric: accuracy, min: 0.9, min-rows: 1}\n");
        apply(server, "gated", gated);
        server.cli().pilot("release", "gated", "--watch").done();
        apply(server, "gated", gated.replace("FAIL_EVERY: 0", "FAIL_EVERY: 1"));
        server.cli().pilot("release", "gated", "--watch").ended(1);
        assertThat(server.client().state("gated")).isEqualTo("rejected");
        assertThat(sentence("gated")).contains("one too many");
        assertThat(ask(server, "gated").status()).isEqualTo(200);
    }

    @Test
    void aCommandThatNeverBecomesReadyFailsItsReleaseWithTheProbeAndItsLastLines() {
        apply(server, "silent", service("silent", "silent.py", "").replace("start-within: 20s", "start-within: 1s"));
        server.cli().pilot("release", "silent", "--watch").ended(1);
        assertThat(server.client().state("silent")).isEqualTo("rejected");
        assertThat(sentence("silent"))
                .contains("silent.py")
                .contains("not ready within 1000 ms")
                .contains("/v2/health/ready")
                .contains("got no answer")
                .contains("loading weights that never come");
        assertThat(processes(server, "silent")).isEmpty();
    }

    @Test
    void aKilledProcessIsStartedAgainAndItsRequestsAreToldSo() {
        apply(server, "lonely", service("lonely", "flaky.py", ""));
        server.cli().pilot("release", "lonely", "--watch").done();
        kill(processes(server, "lonely").getFirst());
        var refusals = new ArrayList<Client.Answer>();
        await().atMost(LONG).pollInterval(Duration.ofMillis(5)).until(() -> {
            Client.Answer answer = ask(server, "lonely");
            if (answer.status() != 200) {
                refusals.add(answer);
            }
            return answer.status() == 200 && !refusals.isEmpty();
        });
        assertThat(refusals).allSatisfy(answer -> {
            assertThat(answer.status()).as(answer.text()).isEqualTo(503);
            assertThat(answer.json().path("error").asString()).contains("may be restarting");
        });
        assertThat(processes(server, "lonely")).hasSize(1);
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(
                                server.cli().pilot("status", "lonely").done().out())
                        .contains("ready  1 of 1 processes, 1 restart, the last because it was ended by signal 9"));
    }

    @Test
    void whoFollowsTheOutputReadsOnWhereAProcessIsStartedAgain() {
        apply(server, "talking", service("talking", "talking.py", ""));
        server.cli().pilot("release", "talking", "--watch").done();
        try (var logs = server.cli().start("logs", "talking", "-f")) {
            await().atMost(LONG).until(() -> said(logs, "begins").size() == 1);
            ask(server, "talking").expect(200);
            await().atMost(LONG).until(() -> !said(logs, "answers").isEmpty());
            kill(processes(server, "talking").getFirst());
            await().atMost(LONG).until(() -> said(logs, "begins").size() == 2);
            await().atMost(LONG).until(() -> ask(server, "talking").status() == 200);
            String second = said(logs, "begins").getLast().replace("begins", "answers");
            await().atMost(LONG).until(() -> said(logs, "answers").stream().anyMatch(line -> line.startsWith(second)));
            assertThat(logs.goesOn()).as(logs.err()).isTrue();
            assertThat(said(logs, "")).as("each line once").doesNotHaveDuplicates();
            assertThat(said(logs, "answers").getFirst())
                    .as("what the first said is told before what the second says")
                    .doesNotStartWith(second);
        }
    }

    /** Lines of a talking process that were read so far, without what stands before them. */
    private static List<String> said(Cli.Running logs, String what) {
        return logs.out()
                .lines()
                .filter(line -> line.matches(".*process \\d+ (begins|answers).*"))
                .map(line -> line.substring(line.indexOf("process ")))
                .filter(line -> line.contains(what))
                .toList();
    }

    @Test
    void whereOneOfTwoReplicasIsKilledNoRequestIsLost() {
        apply(
                server,
                "pair",
                service("pair", "flaky.py", "").replace("  start-within", "  replicas: 2\n  start-within"));
        server.cli().pilot("release", "pair", "--watch").done();
        List<ProcessHandle> before = processes(server, "pair");
        assertThat(before).hasSize(2);
        try (var traffic = new Traffic(server.client(), "pair")) {
            await().atMost(LONG).until(() -> traffic.count(200, 1) > 20);
            kill(before.getFirst());
            await().atMost(LONG).until(() -> processes(server, "pair").stream().anyMatch(p -> !before.contains(p)));
            long now = traffic.count(200, 1);
            await().atMost(LONG).until(() -> traffic.count(200, 1) > now + 50);
            assertThat(traffic.refused()).isEmpty();
        }
    }

    @Test
    void aKilledServerLeavesNoProcessBehindItsSuccessor() {
        try (var mortal = PackagedServer.start()) {
            apply(
                    mortal,
                    "mortal",
                    service("mortal", "flaky.py", "").replace("  start-within", "  replicas: 2\n  start-within"));
            mortal.cli().pilot("release", "mortal", "--watch").done();
            List<ProcessHandle> orphans = processes(mortal, "mortal");
            assertThat(orphans).hasSize(2);
            mortal.kill();
            assertThat(orphans).allMatch(ProcessHandle::isAlive);
            mortal.startAgain();
            var early = new ArrayList<Integer>();
            await().atMost(LONG).pollInterval(Duration.ofMillis(20)).until(() -> {
                early.add(ask(mortal, "mortal").status());
                return early.getLast() == 200;
            });
            assertThat(early)
                    .as("told to try again, not that there is no such model")
                    .isSubsetOf(503, 200);
            assertThat(orphans).noneMatch(ProcessHandle::isAlive);
            List<ProcessHandle> successors = processes(mortal, "mortal");
            assertThat(successors).hasSize(2).doesNotContainAnyElementsOf(orphans);
            mortal.stop();
            await().atMost(LONG).until(() -> successors.stream().noneMatch(ProcessHandle::isAlive));
        }
    }

    private static void kill(ProcessHandle process) {
        Stream.concat(process.descendants(), Stream.of(process)).toList().forEach(ProcessHandle::destroyForcibly);
    }

    /** The processes that a server keeps for a service, as its markers name them. */
    private static List<ProcessHandle> processes(PackagedServer of, String service) {
        try (Stream<Path> markers = Files.list(of.data().resolve("fleet/processes"))) {
            return markers.map(ContainerIT::lines)
                    .filter(lines -> lines.size() == 3 && lines.get(2).contains("/" + service + "/"))
                    .map(lines -> ProcessHandle.of(Long.parseLong(lines.getFirst())))
                    .flatMap(Optional::stream)
                    .filter(ProcessHandle::isAlive)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> lines(Path marker) {
        try {
            return Files.readAllLines(marker, StandardCharsets.UTF_8);
        } catch (IOException e) {
            // It was removed since the folder was listed.
            return List.of();
        }
    }
}
