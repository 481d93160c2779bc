package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.testkit.OnnxBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Two organisations on one server: the admin of one calls every operation of the published document with the names and ids
 * of the other's things, and neither sees nor changes any of them.
 */
class TenantsIT {
    /** In every name of the first organisation, so that it is found in whatever answer it slips into. */
    private static final String SECRET = "aubergine";

    private static PackagedServer server;
    private static Client stranger;
    private static JsonNode document;
    private static final List<String> IDS = new ArrayList<>();
    private static String person = "";

    @BeforeAll
    static void start() {
        server = PackagedServer.start();
        Client owner = server.client();
        document = YAMLMapper.builder()
                .build()
                .readTree(owner.get("/api/v1/openapi.yaml").expect(200).bytes());
        stranger = owner.as(owner.post("/api/v1/organisations", "{\"name\":\"other\"}")
                .expect(201)
                .json()
                .path("key")
                .asString());
        owner.addModel(SECRET, OnnxBytes.adding(1, 2));
        owner.send(
                        "POST",
                        "/api/v1/datasets/" + SECRET + "/versions?file=data.csv",
                        "application/octet-stream",
                        "a\n1\n".getBytes(StandardCharsets.UTF_8))
                .expect(201);
        owner.send(
                        "POST",
                        "/api/v1/apply",
                        "application/yaml",
                        ReleaseIT.service(SECRET, "").getBytes(StandardCharsets.UTF_8))
                .expect(200);
        person = owner.post(
                        "/api/v1/principals",
                        "{\"kind\":\"person\",\"name\":\"" + SECRET + "\",\"roles\":[\"viewer\"]}")
                .expect(201)
                .json()
                .path("id")
                .asString();
        String key = owner.post("/api/v1/keys", "{\"name\":\"" + SECRET + "\",\"roles\":[\"viewer\"]}")
                .expect(201)
                .json()
                .path("id")
                .asString();
        String invitation = owner.post("/api/v1/invitations", "{\"name\":\"" + SECRET + "2\",\"roles\":[\"viewer\"]}")
                .expect(201)
                .json()
                .path("id")
                .asString();
        String experiment = owner.post("/api/2.0/mlflow/experiments/create", "{\"name\":\"" + SECRET + "\"}")
                .expect(200)
                .json()
                .path("experiment_id")
                .asString();
        String run = owner.post(
                        "/api/2.0/mlflow/runs/create",
                        "{\"experiment_id\":\"" + experiment + "\",\"run_name\":\"" + SECRET + "\"}")
                .expect(200)
                .json()
                .path("run")
                .path("info")
                .path("run_id")
                .asString();
        String entry = owner.get("/api/v1/ledger/entries?limit=1")
                .expect(200)
                .json()
                .path("items")
                .get(0)
                .path("id")
                .asString();
        IDS.addAll(List.of(SECRET, person, key, invitation, experiment, run, entry));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @TestFactory
    List<DynamicTest> noOperationShowsOrChangesAnothersThings() {
        var tests = new ArrayList<DynamicTest>();
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    String method = operation.getKey().toUpperCase(Locale.ROOT);
                    boolean endless =
                            path.getKey().endsWith("/watch") || path.getKey().endsWith("/events");
                    if (!endless && !path.getKey().equals("/api/v1/openapi.yaml")) {
                        tests.add(DynamicTest.dynamicTest(
                                method + " " + path.getKey(), () -> probe(method, path.getKey())));
                    }
                }));
        assertThat(tests).hasSizeGreaterThan(60);
        return tests;
    }

    private static void probe(String method, String template) {
        for (String id : IDS) {
            String path =
                    template.replace("{level}", "0").replace("{index}", "000").replaceAll("\\{\\w+\\}", id);
            byte[] body = method.equals("GET") || method.equals("DELETE")
                    ? new byte[0]
                    : "{\"reason\":\"x\",\"active\":false,\"decision\":\"approve\"}".getBytes(StandardCharsets.UTF_8);
            var answer = stranger.send(method, path, body.length == 0 ? "" : "application/json", body);
            assertThat(answer.status())
                    .as(path + " " + answer.text())
                    .isNotEqualTo(401)
                    .isLessThan(500);
            // A refusal may repeat the name that it was asked for, and nothing else.
            // A thing of the stranger's own may be called by a name that it heard.
            if (method.equals("GET") && !template.contains("{")) {
                assertThat(answer.text()).as(path).doesNotContain(person, IDS.get(5));
            }
            if (template.contains("{name}") && method.equals("GET") && id.equals(SECRET)) {
                assertThat(answer.status() >= 400 || !answer.text().contains("sha256"))
                        .as(path + " " + answer.text())
                        .isTrue();
            }
        }
    }

    @Test
    void afterAllThatTheOwnersThingsAreAsTheyWere() {
        Client owner = server.client();
        for (String[] call : new String[][] {
            {"DELETE", "/api/v1/principals/" + person},
            {"DELETE", "/api/v1/keys/" + IDS.get(2)},
            {"DELETE", "/api/v1/invitations/" + IDS.get(3)},
            {"POST", "/api/v1/keys/" + IDS.get(2) + "/rotate"},
            {"POST", "/api/v1/ledger/entries/" + IDS.get(6) + "/erase"}
        }) {
            byte[] body = call[0].equals("POST") ? "{\"reason\":\"x\"}".getBytes(StandardCharsets.UTF_8) : new byte[0];
            int status = stranger.send(call[0], call[1], body.length == 0 ? "" : "application/json", body)
                    .status();
            assertThat(status).as(call[1]).isIn(400, 404);
        }
        JsonNode found = owner.get("/api/v1/principals?limit=1000").expect(200).json();
        assertThat(found.toString()).contains(SECRET);
        owner.get("/api/v1/models/" + SECRET).expect(200);
        owner.get("/api/v1/services/" + SECRET).expect(200);
        owner.get("/api/v1/datasets/" + SECRET).expect(200);
        owner.get("/api/2.0/mlflow/runs/get?run_id=" + IDS.get(5)).expect(200);
    }

    @Test
    void foreignProtocolsAnswerAsIfThereWereNoSuchThing() throws IOException {
        stranger.get("/api/2.0/mlflow/runs/get?run_id=" + IDS.get(5)).expect(404);
        stranger.get("/api/2.0/mlflow/experiments/get?experiment_id=" + IDS.get(4))
                .expect(404);
        stranger.get("/v2/models/" + SECRET).expect(404);
        assertThat(stranger.post("/api/2.0/mlflow/runs/search", "{\"experiment_ids\":[\"" + IDS.get(4) + "\"]}")
                        .text())
                .doesNotContain(SECRET, IDS.get(5));
        assertThat(stranger.get("/metrics").expect(403).text()).doesNotContain(SECRET);
        server.client().get("/metrics").expect(200);
    }
}
