package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.pilothouse.testkit.OnnxBytes;
import inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import inference.InferTensorContents;
import inference.ModelInferRequest;
import inference.ModelInferRequest.InferInputTensor;
import inference.ModelReadyRequest;
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
import tools.jackson.databind.JsonNode;

/** One service in two environments: released to the first, promoted to the second with a person's approval, called in both. */
class EnvironmentsIT {
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final String ASK =
            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]}]}";

    private static final String YAML = """
            apiVersion: pilothouse.dev/v1
            kind: Service
            metadata:
              name: adder
            model:
              name: adder
            rollout: {steps: [100]}
            environments:
              - staging
              - name: production
                gates:
                  - approval: {reason: For customers.}
            """;

    @TempDir
    private static Path files;

    private static PackagedServer server;
    private static Client approver;

    @BeforeAll
    static void start() {
        server = PackagedServer.start();
        approver = server.client().principal("bob", "approver");
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static Path file(String name, String text) {
        try {
            return Files.writeString(files.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void approve() {
        JsonNode asked = await().atMost(LONG)
                .until(
                        () -> approver.get("/api/v1/approvals?pending=true")
                                .expect(200)
                                .json()
                                .path("items")
                                .path(0),
                        item -> item.isObject());
        approver.post(
                        "/api/v1/approvals/" + asked.path("id").asString(),
                        "{\"decision\":\"approve\",\"comment\":\"tried for a day\"}")
                .expect(200);
    }

    private static void promoted(String service, int number) {
        await().atMost(LONG).untilAsserted(() -> {
            JsonNode release = server.client().service(service).path("release");
            assertThat(release.path("state").asString())
                    .as(release.path("sentence").asString())
                    .isEqualTo("promoted");
            assertThat(release.path("number").asInt()).isEqualTo(number);
        });
    }

    @Test
    void aVersionGoesFromStagingToProductionAndBothAnswerOverHttpAndGrpc() {
        Cli cli = server.cli();
        Client client = server.client();
        client.addModel("adder", OnnxBytes.adding(1, 2));
        Path yaml = file("adder.yaml", YAML);
        assertThat(cli.pilot("plan", "-f", yaml.toString()).done().out())
                .contains("create  Service adder@staging", "create  Service adder\n");
        cli.pilot("apply", "-f", yaml.toString()).done();
        assertThat(cli.pilot("promote", "adder", "--to", "production").ended(1).err())
                .contains("Nothing is stable in 'staging' of 'adder' yet");
        cli.pilot("release", "adder", "--env", "staging", "--watch").done();
        assertThat(client.get("/v2/models/adder/ready").status()).isNotEqualTo(200);

        String digest = client.service("adder@staging").at("/release/digest").asString();
        assertThat(cli.pilot("promote", "adder", "--to", "production", "--digest", "sha256:" + "0".repeat(64))
                        .ended(1)
                        .err())
                .contains("is not stable in 'staging'", "Stable there is adder/1 (" + digest + ")");
        cli.pilot("promote", "adder", "--to", "production", "--digest", digest, "--note", "tried for a day")
                .done();
        approve();
        promoted("adder@production", 1);

        client.addModel("adder", OnnxBytes.adding(10, 2));
        cli.pilot("release", "adder", "--env", "staging", "--watch").done();
        for (String name : List.of("adder@staging", "adder%40staging")) {
            var answer = client.post("/v2/models/" + name + "/infer", ASK)
                    .expect(200)
                    .json();
            assertThat(answer.path("model_name").asString()).isEqualTo("adder@staging");
            assertThat(answer.path("model_version").asString()).isEqualTo("2");
            assertThat(answer.at("/outputs/0/data/0").asDouble()).isEqualTo(11);
        }
        var production = client.post("/v2/models/adder/infer", ASK).expect(200).json();
        assertThat(production.path("model_version").asString()).isEqualTo("1");
        assertThat(production.at("/outputs/0/data/0").asDouble()).isEqualTo(2);

        var grpc = GrpcClients.builder("gproto+" + server.address())
                .addHeader("authorization", "Bearer " + server.key())
                .build(GRPCInferenceServiceBlockingStub.class);
        assertThat(grpc.modelReady(ModelReadyRequest.newBuilder()
                                .setName("adder@staging")
                                .build())
                        .getReady())
                .isTrue();
        assertThat(ask(grpc, "adder@staging")).isEqualTo("2");
        assertThat(ask(grpc, "adder")).isEqualTo("1");

        assertThat(cli.pilot("status", "adder").done().out())
                .contains("ENVIRONMENT", "staging", "production", "promoted from adder@staging, release 1");
        JsonNode environments = client.get("/api/v1/services/adder/environments")
                .expect(200)
                .json()
                .path("items");
        assertThat(environments).hasSize(2);
        assertThat(environments.at("/1/promotedFrom/service").asString()).isEqualTo("adder@staging");
        assertThat(environments.at("/1/promotable/candidate").asString()).isEqualTo("adder/2");
        assertThat(client.get("/api/v1/models/adder")
                        .json()
                        .at("/aliases/staging")
                        .asInt())
                .isEqualTo(2);
        assertThat(client.get("/api/v1/models/adder")
                        .json()
                        .at("/aliases/production")
                        .asInt())
                .isEqualTo(1);
        assertThat(cli.pilot("history", "adder", "--env", "production").done().out())
                .contains("release.promoted", "gate.passed", "service.applied");
        assertThat(cli.pilot("audit", "verify").done().out()).contains("verified");
    }

    private static String ask(GRPCInferenceServiceBlockingStub grpc, String model) {
        return grpc.modelInfer(ModelInferRequest.newBuilder()
                        .setModelName(model)
                        .addInputs(InferInputTensor.newBuilder()
                                .setName("x")
                                .setDatatype("FP32")
                                .addShape(1)
                                .addShape(2)
                                .setContents(InferTensorContents.newBuilder()
                                        .addFp32Contents(1)
                                        .addFp32Contents(2)))
                        .build())
                .getModelVersion();
    }

    @Test
    void secretsGoInAndNeverOut() {
        Cli cli = server.cli();
        String value = "never-shown-4711";
        cli.pilot(
                        "secrets",
                        "set",
                        "quiet",
                        "--file",
                        file("quiet.txt", value + "\n").toString())
                .done();
        assertThat(cli.pilot("secrets", "list").done().out()).contains("quiet").doesNotContain(value);
        assertThat(cli.pilot("secrets", "list", "-o", "json").done().out()).doesNotContain(value);
        assertThat(cli.pilot("history", "secret/quiet").done().out())
                .contains("secret.set")
                .doesNotContain(value);
        Client engineer = server.client().principal("eve", "engineer");
        assertThat(put(engineer, "quiet", "x").status()).isEqualTo(403);
        Client keeper = server.client().principal("kim", "keeper");
        put(keeper, "quiet", value).expect(200);
        var refused = put(keeper, "Quiet", value + "\\u0000");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.text()).contains("name", "NUL").doesNotContain(value);
        cli.pilot("secrets", "remove", "quiet").done();
        assertThat(cli.pilot("secrets", "remove", "quiet").ended(2).err()).contains("There is no secret 'quiet'");
    }

    private static Client.Answer put(Client by, String name, String value) {
        return by.send(
                "PUT",
                "/api/v1/secrets/" + name,
                "application/json",
                ("{\"value\":\"" + value + "\"}").getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void thePageAboutEnvironmentsDoesWhatItSays() throws IOException {
        boolean python = Stream.of(System.getenv("PATH").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "python3")));
        assumeTrue(python, "python3 is on the PATH");
        HowTo page = HowTo.page("promote-between-environments.md");
        Path example = HowTo.repository().resolve("examples/environments/pilothouse.yaml");
        assertThat(page.blocks("yaml").getFirst())
                .as("the page shows the example's file")
                .isEqualTo(Files.readString(example));
        file("token.txt", "first-token-value\n");
        for (int block = 0; block < 2; block++) {
            for (String[] command : page.pilot(block)) {
                run(command);
            }
        }
        assertThat(run(page.pilot(1).getLast()).out().replaceAll("\\s", "")).contains("0.02,0.91");
        assertThat(environment("scorecard@staging"))
                .allSatisfy(
                        variables -> assertThat(variables).contains("API_TOKEN=first-token-value", "LOG_LEVEL=debug"));

        List<String[]> promotion = page.pilot(2);
        run(promotion.getFirst());
        approve();
        promoted("scorecard", 1);
        for (String[] command : promotion.subList(1, promotion.size())) {
            run(command);
        }
        String last = "";
        for (String[] command : page.pilot(3)) {
            last = run(command).out();
        }
        assertThat(last.replaceAll("\\s", "")).contains("0.02,0.91");
        assertThat(environment("scorecard"))
                .hasSize(2)
                .allSatisfy(variables -> assertThat(variables)
                        .contains("API_TOKEN=first-token-value")
                        .doesNotContain("LOG_LEVEL"));

        file("token.txt", "second-token-value\n");
        try (var traffic = new Traffic(server.client(), "scorecard")) {
            await().atMost(LONG).until(() -> traffic.count(200, 1) > 10);
            run(page.pilot(4).getFirst());
            await().atMost(LONG)
                    .untilAsserted(() -> assertThat(environment("scorecard"))
                            .hasSize(2)
                            .allSatisfy(variables -> assertThat(variables).contains("API_TOKEN=second-token-value")));
            long before = traffic.count(200, 1);
            await().atMost(LONG).until(() -> traffic.count(200, 1) > before + 20);
            assertThat(traffic.refused()).isEmpty();
        }
    }

    /** Runs a page's command as from the repository's folder. */
    private static Cli.Result run(String[] command) throws IOException {
        var arguments = new ArrayList<String>();
        for (String word : command) {
            if (word.endsWith("pilothouse.yaml")) {
                String yaml = Files.readString(HowTo.repository().resolve(word))
                        .replace(
                                "directory: examples/python-model",
                                "directory: " + HowTo.repository().resolve("examples/python-model"));
                arguments.add(file("page.yaml", yaml).toString());
            } else if (word.equals("token.txt")) {
                arguments.add(files.resolve(word).toString());
            } else {
                arguments.add(
                        word.startsWith("examples/")
                                ? HowTo.repository().resolve(word).toString()
                                : word);
            }
        }
        return server.cli().pilot(arguments.toArray(String[]::new)).done();
    }

    /** The variables of each process that serves a service, those aside that are ending. */
    private static List<String> environment(String service) throws IOException {
        var found = new ArrayList<String>();
        try (Stream<Path> markers = Files.list(server.data().resolve("fleet/processes"))) {
            for (Path marker : markers.toList()) {
                List<String> lines = Files.exists(marker) ? Files.readAllLines(marker) : List.of();
                if (lines.size() == 3 && lines.get(2).contains("/" + service + "/")) {
                    variables(lines.getFirst()).ifPresent(found::add);
                }
            }
        }
        return found;
    }

    /** The variables of a process; empty once it has ended. */
    private static Optional<String> variables(String pid) {
        try {
            byte[] bytes = Files.readAllBytes(Path.of("/proc", pid, "environ"));
            return Optional.of(new String(bytes, StandardCharsets.UTF_8).replace('\0', '\n'));
        } catch (IOException _) {
            // It is gone, or goes while it is read, which the system tells as "No such process".
            return Optional.empty();
        }
    }
}
