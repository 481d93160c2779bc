package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.testkit.TestPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A change of who answers an alias, on its way through traffic while servers are killed with SIGKILL. */
class AliasRolloutIT {
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final String CANDIDATE = "sim-mini;output-tokens=16;seed=1";
    /** So many calls a step takes at least, that a kill finds it in the middle. */
    private static final int FEWEST = 300;

    @TempDir
    private Path folder;

    private static void begin(LlmServer llm) {
        llm.alias("chat", "sim", "sim-mini");
        llm.declare("rollouts/chat", """
                {"targets": [{"provider": "sim", "model": "%s"}],
                 "rollout": {"steps": [50, 100], "min-requests": %d, "errors": {"tolerance": 0.01, "margin": 0.10},
                             "slow": {"tolerance": 0.05, "margin": 0.30}, "cost": {"tolerance": 0.02, "margin": 0.20}}}
                """.formatted(CANDIDATE, FEWEST));
    }

    private static JsonNode rollout(Client client) {
        return client.get("/api/v1/rollouts/chat").expect(200).json();
    }

    /** Calls of both sides that a rollout counted, in all its steps. */
    private static long counted(JsonNode rollout) {
        long counted = 0;
        for (JsonNode step : rollout.path("counts")) {
            counted += step.at("/candidate/requests").asLong()
                    + step.at("/stable/requests").asLong();
        }
        return counted;
    }

    private static String phase(Client client) {
        return rollout(client).path("phase").asString();
    }

    private static List<String> models(Client client) {
        return client.get("/api/v1/aliases")
                .expect(200)
                .json()
                .path("items")
                .valueStream()
                .filter(alias -> alias.path("alias").asString().equals("chat"))
                .map(alias -> alias.at("/targets/0/model").asString())
                .toList();
    }

    /** Which model answers a call of a session. */
    private static String answered(Client client, String session) {
        return client.send(
                        "POST",
                        "/v1/chat/completions",
                        "application/json",
                        "{\"model\": \"chat\", \"messages\": [{\"role\": \"user\", \"content\": \"Where?\"}]}"
                                .getBytes(StandardCharsets.UTF_8),
                        "x-pilothouse-session",
                        session)
                .expect(200)
                .header("x-pilothouse-model");
    }

    /** Calls of sessions of their own, one after another, until it is closed or the server is gone. */
    private static final class Calls implements AutoCloseable {
        private final AtomicLong sent = new AtomicLong();
        private final Map<String, String> answers = new ConcurrentHashMap<>();
        private final AtomicBoolean over = new AtomicBoolean();
        private final Thread calling;

        Calls(Client client, String name) {
            calling = Thread.ofVirtual().start(() -> {
                try {
                    while (!over.get()) {
                        String session = name + sent.incrementAndGet();
                        answers.put(session, answered(client, session));
                    }
                } catch (UncheckedIOException _) {
                    // The server is gone.
                }
            });
        }

        /** Sessions that the candidate answered. */
        List<String> candidates() {
            return answers.entrySet().stream()
                    .filter(answer -> answer.getValue().equals("sim/" + CANDIDATE))
                    .map(Map.Entry::getKey)
                    .limit(20)
                    .toList();
        }

        @Override
        public void close() {
            over.set(true);
            try {
                calling.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Kills a server once it counted some calls, but fewer than a step takes; how many it told of. */
    private static long killInTheMiddle(PackagedServer server) {
        Client client = server.client();
        await().atMost(LONG).pollInterval(Duration.ofMillis(20)).until(() -> counted(rollout(client)) >= 60);
        JsonNode told = rollout(client);
        assertThat(told.path("phase").asString()).isEqualTo("canary");
        server.kill();
        return counted(told);
    }

    @Test
    void aServerThatIsKilledGoesOnFromWhatItCountedAndCountsNoCallTwice() {
        PackagedServer server = PackagedServer.start();
        try (var llm = new LlmServer(server, folder, CANDIDATE)) {
            begin(llm);
            long told;
            var before = new Calls(server.client(), "before-");
            try (before) {
                told = killInTheMiddle(server);
            }
            server.startAgain();
            Client client = server.client();
            JsonNode found = rollout(client);
            assertThat(found.path("phase").asString()).isEqualTo("canary");
            assertThat(found.path("percent").asInt()).isEqualTo(50);
            assertThat(counted(found)).isBetween(told, before.sent.get());
            assertThat(before.candidates())
                    .isNotEmpty()
                    .allSatisfy(session -> await("a session stays with its side")
                            .until(() -> answered(client, session).equals("sim/" + CANDIDATE)));
            var after = new Calls(client, "after-");
            try (after) {
                await().atMost(LONG).until(() -> !phase(client).equals("canary"));
            }
            JsonNode ended = rollout(client);
            assertThat(ended.path("phase").asString()).as(ended.toString()).isEqualTo("promoted");
            assertThat(counted(ended))
                    .isGreaterThanOrEqualTo(FEWEST)
                    .isLessThanOrEqualTo(llm.simulator.invoice().calls());
            assertThat(models(client)).containsExactly(CANDIDATE);
            assertThat(server.cli().pilot("audit", "verify").done().out()).contains("verified");
        }
    }

    @Test
    void theOtherOfTwoServersGoesOnWhereOneIsKilled() throws IOException {
        try (var postgres = TestPostgres.start()) {
            String[] shared = {
                "--store.url=" + postgres.newDatabase(),
                "--blobs.dir=" + folder.resolve("blobs"),
                "--keys.dir=" + folder.resolve("keys")
            };
            PackagedServer one = PackagedServer.start(shared);
            try (var llm = new LlmServer(one, folder, CANDIDATE);
                    var two =
                            PackagedServer.on(Files.createTempDirectory("pilothouse-acceptance"), one.key(), shared)) {
                begin(llm);
                Client other = two.client();
                await().atMost(LONG).until(() -> models(other).equals(List.of("sim-mini")));
                try (var _ = new Calls(other, "other-")) {
                    try (var _ = new Calls(one.client(), "one-")) {
                        long told = killInTheMiddle(one);
                        assertThat(counted(rollout(other))).isGreaterThanOrEqualTo(told);
                    }
                    await().atMost(LONG).until(() -> !phase(other).equals("canary"));
                }
                JsonNode ended = rollout(other);
                assertThat(ended.path("phase").asString()).as(ended.toString()).isEqualTo("promoted");
                assertThat(counted(ended))
                        .isLessThanOrEqualTo(llm.simulator.invoice().calls());
                one.startAgain();
                for (PackagedServer each : List.of(one, two)) {
                    await().atMost(LONG).until(() -> models(each.client()).equals(List.of(CANDIDATE)));
                }
                assertThat(answered(one.client(), "afterwards")).isEqualTo("sim/" + CANDIDATE);
                assertThat(two.cli().pilot("audit", "verify").done().out()).contains("verified");
            }
        }
    }
}
