package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.acceptance.Client.Answer;
import dev.pilothouse.kernel.Money;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.testkit.OnnxBytes;
import dev.pilothouse.testkit.TestPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlflow.api.proto.Service.ViewType;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.creds.BasicMlflowHostCreds;
import tools.jackson.databind.JsonNode;

/** Two servers on one PostgreSQL with one folder of blobs, either of which may be killed. */
class ReplicasIT {
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final Duration A_SECOND = Duration.ofSeconds(1);

    private static TestPostgres postgres;
    private static PackagedServer one;
    private static PackagedServer two;

    /** The page that says how to do what is tried here. */
    private static final HowTo PAGE = HowTo.page("run-on-postgresql.md");

    @TempDir
    static Path folder;

    @BeforeAll
    static void start() throws IOException {
        postgres = TestPostgres.start();
        String database = postgres.newDatabase();
        one = PackagedServer.start("--config=" + settings(1, database));
        two = PackagedServer.on(
                Files.createTempDirectory("pilothouse-acceptance"), one.key(), "--config=" + settings(2, database));
    }

    /** The settings of one of the page's blocks, for this machine. */
    private static Path settings(int block, String database) throws IOException {
        String yaml = PAGE.blocks("yaml").get(block);
        return Files.writeString(
                folder.resolve("settings" + block + ".yaml"),
                yaml.replace("DATABASE", database)
                        .replace("DATA", folder.resolve("data").toString())
                        .replace("SHARED", folder.resolve("shared").toString()));
    }

    @Test
    void thePagesCommandsWorkAtBoth() {
        for (PackagedServer server : List.of(one, two)) {
            PAGE.pilot(0).forEach(words -> server.cli().pilot(words).done());
        }
    }

    @AfterAll
    static void stop() {
        for (AutoCloseable each : new AutoCloseable[] {two, one, postgres}) {
            if (each != null) {
                try {
                    each.close();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    private static MlflowClient mlflow(PackagedServer server) {
        return new MlflowClient(new BasicMlflowHostCreds(server.address().toString(), server.key()));
    }

    @Test
    void whatOneIsToldTheOtherKnowsAtOnce() {
        try (var writer = mlflow(one);
                var reader = mlflow(two)) {
            String experiment = writer.createExperiment("shared");
            String run = writer.createRun(experiment).getRunId();
            for (int step = 0; step < 40; step++) {
                writer.logMetric(run, "loss", 1.0 / (step + 1), 1_700_000_000_000L + step, step);
                assertThat(reader.getRun(run).getData().getMetricsList())
                        .as("a read that follows an acknowledged write")
                        .singleElement()
                        .satisfies(metric -> assertThat(metric.getValue()).isLessThanOrEqualTo(1.0));
                assertThat(reader.getRun(run).getData().getMetrics(0).getStep()).isEqualTo(step);
            }
            writer.logParam(run, "depth", "7");
            writer.setTag(run, "stage", "one");
            reader.setTag(run, "stage", "two");
            reader.setTag(run, "gone", "soon");
            assertThat(writer.getRun(run).getData().getTagsList())
                    .extracting(tag -> tag.getKey() + "=" + tag.getValue())
                    .contains("stage=two", "gone=soon");
            writer.deleteTag(run, "gone");
            assertThat(reader.searchRuns(
                                    List.of(experiment),
                                    "params.depth = '7' and tags.stage = 'two'",
                                    ViewType.ACTIVE_ONLY,
                                    10,
                                    List.of())
                            .getItems())
                    .singleElement()
                    .satisfies(found -> assertThat(found.getData().getTagsList())
                            .noneMatch(tag -> tag.getKey().equals("gone")));
            assertThat(reader.getMetricHistory(run, "loss")).hasSize(40);
        }
    }

    @Test
    void aRevokedKeyAndAnEndedSessionStopWithinASecondEverywhere() {
        Client admin = one.client();
        Answer made = admin.post("/api/v1/principals", "{\"kind\":\"person\",\"name\":\"rex\",\"roles\":[\"viewer\"]}")
                .expect(201);
        Answer key = admin.post(
                        "/api/v1/keys",
                        "{\"name\":\"rex\",\"principal\":\""
                                + made.json().path("id").asString() + "\",\"roles\":[\"viewer\"]}")
                .expect(201);
        Client there = two.client().as(key.json().path("key").asString());
        there.get("/api/v1/services").expect(200);
        admin.send("DELETE", "/api/v1/keys/" + key.json().path("id").asString(), "", new byte[0]);
        await().atMost(A_SECOND.plusMillis(500))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> there.get("/api/v1/services").status() == 401);
    }

    @Test
    void aRepeatedRequestIsAnsweredAgainByTheOther() {
        String key = UUID.randomUUID().toString();
        byte[] body = "{\"kind\":\"person\",\"name\":\"ida\",\"roles\":[\"viewer\"]}".getBytes(StandardCharsets.UTF_8);
        Answer first = add(one, key, body).expect(201);
        Answer again = add(two, key, body).expect(201);
        assertThat(again.text()).isEqualTo(first.text());
        assertThat(again.header("idempotent-replayed")).isEqualTo("true");
        assertThat(add(two, key, "{\"kind\":\"person\",\"name\":\"other\"}".getBytes(StandardCharsets.UTF_8))
                        .status())
                .isEqualTo(422);
        two.kill();
        two.startAgain();
        assertThat(add(two, key, body).expect(201).text()).isEqualTo(first.text());
    }

    private static Answer add(PackagedServer server, String key, byte[] body) {
        return server.client().send("POST", "/api/v1/principals", "application/json", body, "idempotency-key", key);
    }

    private static void release(String service, int version) {
        one.client()
                .post("/api/v1/services/" + service + "/releases", "{\"model\":\"" + service + "/" + version + "\"}")
                .expect(201);
    }

    private static void awaitState(PackagedServer server, String service, String state) {
        await().atMost(LONG)
                .pollInterval(Duration.ofMillis(100))
                .failFast(
                        "the release ended otherwise",
                        () -> Set.of("promoted", "rolled-back", "rejected", "aborted")
                                        .contains(server.client().state(service))
                                && !server.client().state(service).equals(state))
                .until(() -> server.client().state(service).equals(state));
    }

    private static void serve(String name) {
        serve(name, "");
    }

    private static void serve(String name, String more) {
        one.client().addModel(name, OnnxBytes.table(1, 2, 3));
        one.client()
                .send(
                        "POST",
                        "/api/v1/apply?file=" + name + ".yaml",
                        "application/yaml",
                        ReleaseIT.service(name, more).getBytes(StandardCharsets.UTF_8))
                .expect(200);
        release(name, 1);
        awaitState(two, name, "promoted");
        await().atMost(LONG).until(() -> status(two, name) == 200 && status(one, name) == 200);
    }

    private static int status(PackagedServer server, String service) {
        return server.client()
                .send("POST", "/v2/models/" + service + "/infer", "application/json", Traffic.ask(0))
                .status();
    }

    @Test
    void bothServeACanaryAndEitherMayDieWhileItMoves() {
        serve("moved");
        for (PackagedServer victim : List.of(one, two)) {
            PackagedServer other = victim == one ? two : one;
            int good = victim == one ? 2 : 4;
            one.client().addModel("moved", OnnxBytes.table(good, 3, 4));
            release("moved", good);
            try (var survived = new Traffic(other.client(), "moved")) {
                try (var lost = new Traffic(victim.client(), "moved")) {
                    await().atMost(LONG).until(() -> survived.count(200, good) > 3 && lost.count(200, good) > 3);
                    victim.kill();
                }
                awaitState(other, "moved", "promoted");
                assertThat(survived.refused()).as(survived.seen()).isEmpty();
            }
            victim.startAgain();
            await().atMost(LONG).until(() -> status(victim, "moved") == 200);

            int bad = good + 1;
            one.client().addModel("moved", OnnxBytes.table(9));
            try (var here = new Traffic(victim.client(), "moved");
                    var there = new Traffic(other.client(), "moved")) {
                release("moved", bad);
                await().atMost(LONG).until(() -> here.count(500, bad) + there.count(500, bad) > 0);
                other.kill();
                awaitState(victim, "moved", "rolled-back");
                long before = here.count(200, good);
                await().atMost(LONG).until(() -> here.count(200, good) > before + 20);
                assertThat(here.refused()).as(here.seen()).allMatch(what -> what.equals("500 " + bad));
            }
            other.startAgain();
            assertThat(other.client().service("moved").path("stableVersion").asString())
                    .isEqualTo(Integer.toString(good));
        }
        assertThat(two.cli().pilot("audit", "verify").done().out()).contains("verified");
    }

    @Test
    void aNewVersionsWeightsReachBothWithinASecond() {
        serve("quick");
        one.client().addModel("quick", OnnxBytes.table(4, 5, 6));
        release("quick", 2);
        awaitState(one, "quick", "canary");
        // The first to see it shows that the canary is open; the other must follow within a second.
        await().atMost(LONG).until(() -> answersWith(one, "quick", "2") || answersWith(two, "quick", "2"));
        await().atMost(A_SECOND.plusMillis(500))
                .until(() -> answersWith(one, "quick", "2") && answersWith(two, "quick", "2"));
        for (int n = 0; n < 60; n++) {
            assertThat(version(one, "quick", "customer-" + n))
                    .as("both split by the same hash")
                    .isEqualTo(version(two, "quick", "customer-" + n));
        }
        one.cli().pilot("rollout", "abort", "quick", "--reason", "seen enough").done();
        awaitState(two, "quick", "aborted");
    }

    @Test
    void aLabelThatComesToTheOtherReplicaIsCounted() {
        serve("labelled", "  wrong-beyond: 0.5\n");
        one.client().addModel("labelled", OnnxBytes.table(4, 5, 6));
        release("labelled", 2);
        awaitState(one, "labelled", "canary");
        await().atMost(LONG).until(() -> answersWith(one, "labelled", "2"));
        var items = Json.object();
        for (int n = 0; n < 40; n++) {
            one.client()
                    .send(
                            "POST",
                            "/v2/models/labelled/infer",
                            "application/json",
                            Traffic.ask(0),
                            "x-request-id",
                            "labelled-" + n)
                    .expect(200);
            items.withArray("items")
                    .addObject()
                    .put("requestId", "labelled-" + n)
                    .put("label", 1);
        }
        JsonNode taken = two.client()
                .post("/api/v1/services/labelled/feedback", Json.write(items))
                .expect(200)
                .json();
        assertThat(taken.path("passed").asInt()).as(taken.toString()).isEqualTo(40);
        await().atMost(Duration.ofSeconds(10)).until(() -> labelled("labelled") == 40);
    }

    private static int labelled(String service) {
        String release =
                one.client().service(service).path("release").path("id").asString();
        int sum = 0;
        for (JsonNode step : one.client()
                .get("/api/v1/services/" + service + "/releases/" + release)
                .json()
                .path("counts")) {
            sum += step.path("candidate").path("labelled").asInt()
                    + step.path("stable").path("labelled").asInt();
        }
        return sum;
    }

    private static boolean answersWith(PackagedServer server, String service, String version) {
        for (int n = 0; n < 30; n++) {
            if (version(server, service, "customer-" + n).equals(version)) {
                return true;
            }
        }
        return false;
    }

    private static String version(PackagedServer server, String service, String key) {
        return server.client()
                .send(
                        "POST",
                        "/v2/models/" + service + "/infer",
                        "application/json",
                        Traffic.ask(0),
                        "x-pilothouse-key",
                        key)
                .header("x-pilothouse-version");
    }

    @Test
    void eachKnowsTheUsageOfBoth() {
        var llm = new LlmServer(one, folder);
        try (var _ = llm.simulator) {
            llm.alias("chat", "sim", "sim-mini");
            String call = "{\"model\": \"chat\", \"messages\": [{\"role\": \"user\", \"content\": \"Where?\"}]}";
            for (PackagedServer server : List.of(one, two, one)) {
                // A replica knows a new price and a new alias within a second.
                await().until(() ->
                        server.client().post("/v1/chat/completions", call).status() == 200);
            }
            for (PackagedServer server : List.of(one, two)) {
                await("what the other replica answered is known within a minute")
                        .atMost(Duration.ofMinutes(1))
                        .untilAsserted(() -> {
                            JsonNode total = server.client()
                                    .get("/api/v1/usage/summary")
                                    .expect(200)
                                    .json()
                                    .path("total");
                            assertThat(total.path("calls").asLong()).isEqualTo(3);
                            assertThat(Money.parseNanoUsd(total.path("costUsd").asString()))
                                    .isPositive()
                                    .isEqualTo(llm.invoiced());
                        });
            }
        }
    }

    @Test
    void whileTheDatabaseIsAwayErrorsAreClearAndNothingAcknowledgedIsLost() {
        String run;
        int acknowledged = 0;
        String person = "{\"kind\":\"person\",\"name\":\"before\",\"roles\":[\"viewer\"]}";
        try (var writer = mlflow(one)) {
            run = writer.createRun(writer.createExperiment("restarted")).getRunId();
            for (; acknowledged < 50; acknowledged++) {
                writer.logMetric(run, "loss", acknowledged, 1_700_000_000_000L, acknowledged);
            }
        }
        postgres.stop();
        try {
            long start = System.nanoTime();
            Answer refused = one.client().post("/api/v1/principals", person);
            assertThat(refused.status()).as(refused.text()).isEqualTo(503);
            assertThat(refused.header("retry-after")).isNotEmpty();
            assertThat(refused.text()).contains("cannot be reached", "try again");
            assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start))
                    .isLessThan(30);
            assertThat(two.client().get("/health/ready").status()).isEqualTo(503);
        } finally {
            postgres.startAgain();
        }
        for (PackagedServer server : List.of(one, two)) {
            await().atMost(LONG)
                    .until(() -> server.client().get("/health/ready").status() == 200);
            try (var reader = mlflow(server)) {
                assertThat(reader.getMetricHistory(run, "loss")).hasSize(acknowledged);
            }
        }
        assertThat(one.cli().pilot("audit", "verify").done().out()).contains("verified");
    }
}
