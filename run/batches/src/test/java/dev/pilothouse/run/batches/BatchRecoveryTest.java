package dev.pilothouse.run.batches;

import static dev.pilothouse.run.batches.BatchServer.begin;
import static dev.pilothouse.run.batches.BatchServer.questions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.openai.models.batches.Batch;
import dev.pilothouse.pay.budgets.Scope;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.platform.store.Stores;
import dev.pilothouse.run.gateway.Identity;
import dev.pilothouse.simulators.llm.LlmSimulator;
import dev.pilothouse.simulators.llm.SimulatorConfig;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Servers that end, answers that are lost, and several servers at once: each batch is charged once, and exactly. */
@Timeout(180)
class BatchRecoveryTest {
    private static final Duration NEVER = Duration.ofHours(1);
    private static final Duration SOON = Duration.ofMillis(50);

    @TempDir
    private Path folder;

    private final KeptUsage usage = new KeptUsage();
    private final LlmSimulator simulator = LlmSimulator.start(SimulatorConfig.standard());

    @AfterEach
    void stop() {
        simulator.close();
    }

    private BatchServer sqlite(Duration lookEvery) {
        return new BatchServer(
                TestStore.sqlite(folder.resolve("store"), BatchServer.TABLES),
                folder.resolve("server"),
                simulator,
                usage,
                lookEvery);
    }

    @Test
    void aBatchThatItsServerDoesNotSeeEndIsHeldUntilTheNextOneCharges() {
        long held;
        try (BatchServer first = sqlite(NEVER)) {
            first.budget(2_000_000);
            Batch _ = begin(first.openAi(), questions(5, "small", 400));
            held = first.standing("all").held();
            assertThat(held).isPositive();
        }
        assertThat(simulator.invoice().calls()).isZero();
        try (BatchServer idle = sqlite(NEVER)) {
            assertThat(idle.standing("all").held()).isEqualTo(held);
            assertThat(idle.standing("all").settled()).isZero();
        }
        try (BatchServer next = sqlite(SOON)) {
            // The one before put the next look off by an hour.
            List<StoredBatch> open = next.batches();
            next.sources.store().writeAndWait(tx -> open.stream().allMatch(batch -> SqlBatches.claim(tx, batch, 0)));
            await().untilAsserted(() -> assertThat(usage.records()).hasSize(5));
            assertThat(next.standing("all").settled())
                    .isEqualTo(simulator.invoice().nanoUsd());
            assertThat(next.standing("all").leased()).isZero();
            assertThat(usage.nanoUsd()).isEqualTo(simulator.invoice().nanoUsd()).isPositive();
        }
    }

    @Test
    void aBatchWhoseMakingWasNotAnsweredIsFoundAtItsProviderOrFreed() throws Exception {
        try (BatchServer server = sqlite(SOON)) {
            server.budget(5_000_000);
            String file = BatchServer.file(server.openAi(), questions(5, "small", 400));
            var holds = new Holds(server.sources, SOON);
            var by = new Identity("acme", "ann", "key-of-ann", List.of(), "", "", "", List.of());
            StoredFile stored = server.sources
                    .store()
                    .read(tx -> SqlBatches.file(tx, "acme", file, false))
                    .orElseThrow();
            StoredBatch known = holds.hold(by, "r1", stored, "/v1/chat/completions");
            StoredBatch lost = holds.hold(by, "r2", stored, "/v1/chat/completions");
            assertThat(server.standing("all").held()).isEqualTo(known.ceiling() + lost.ceiling());
            // The provider has heard of one of them, and its answer was lost with the server.
            String asks = Json.write(Json.object()
                    .put("input_file_id", file)
                    .put("endpoint", "/v1/chat/completions")
                    .set("metadata", Json.object().put(Holds.MARK, known.id())));
            var request = HttpRequest.newBuilder(URI.create(simulator.address() + "/v1/batches"))
                    .POST(HttpRequest.BodyPublishers.ofString(asks))
                    .build();
            try (HttpClient client = HttpClient.newHttpClient()) {
                assertThat(client.send(request, HttpResponse.BodyHandlers.ofString())
                                .statusCode())
                        .isEqualTo(200);
            }
            server.sources
                    .store()
                    .writeAndWait(tx -> Stream.of(known, lost).allMatch(batch -> SqlBatches.claim(tx, batch, 0)));

            await().untilAsserted(() -> assertThat(usage.records()).hasSize(5));
            await().untilAsserted(
                            () -> assertThat(server.standing("all").leased()).isZero());
            assertThat(server.standing("all").settled())
                    .isEqualTo(simulator.invoice().nanoUsd())
                    .isPositive();
            Optional<StoredBatch> freed = server.sources.store().read(tx -> SqlBatches.batch(tx, lost.id()));
            assertThat(freed).isEmpty();
            assertThat(server.openAi().batches().list().data()).hasSize(1);
        }
    }

    @Test
    void aProviderThatCannotBeReachedLeavesNothingHeld() {
        try (BatchServer server = sqlite(NEVER)) {
            server.budget(5_000_000);
            String file = BatchServer.file(server.openAi(), questions(5, "small", 400));
            simulator.close();

            String asks = "{\"input_file_id\": \"" + file
                    + "\", \"endpoint\": \"/v1/chat/completions\", \"completion_window\": \"24h\"}";
            HttpResponse<String> refused =
                    server.send(BatchServer.ACME, "POST", "/v1/batches", "application/json", asks);

            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.body()).contains("'sim' cannot be reached");
            assertThat(server.standing("all").leased()).isZero();
        }
    }

    @Test
    void severalServersChargeABatchOnceAndKeepItsRecordsOnce() {
        try (TestPostgres postgres = TestPostgres.start()) {
            String database = postgres.newDatabase();
            try (BatchServer one = postgres(database, "one");
                    BatchServer other = postgres(database, "other")) {
                one.budget(100_000_000);
                // Which the other server hears of within a second.
                await().untilAsserted(() -> assertThat(
                                other.sources.budgets().of("acme", Set.of(new Scope(Scope.Kind.ORGANISATION, "acme"))))
                        .hasSize(1));
                for (int i = 0; i < 6; i++) {
                    Batch _ =
                            begin((i % 2 == 0 ? one : other).openAi(), questions(20, "flaky", 40), "sim-millis", "200");
                }
                List<String> ids = one.openAi().batches().list().data().stream()
                        .map(Batch::id)
                        .toList();
                assertThat(ids).hasSize(6);
                // Clients ask both while both look by themselves.
                ids.parallelStream().forEach(id -> {
                    assertThat(one.get(BatchServer.ACME, "/v1/batches/" + id).statusCode())
                            .isEqualTo(200);
                    assertThat(other.get(BatchServer.ACME, "/v1/batches/" + id).statusCode())
                            .isEqualTo(200);
                });

                await().atMost(Duration.ofSeconds(60))
                        .untilAsserted(() -> assertThat(usage.records()).hasSize(120));
                long billed = simulator.invoice().nanoUsd();
                assertThat(usage.nanoUsd()).isEqualTo(billed).isPositive();
                assertThat(one.standing("all").settled()).isEqualTo(billed);
                assertThat(one.standing("all").leased()).isZero();
                await().untilAsserted(() ->
                        assertThat(one.batches()).allMatch(batch -> batch.stage() == StoredBatch.Stage.RECORDED));
                assertThat(usage.records()).hasSize(120);
            }
        }
    }

    private BatchServer postgres(String database, String name) {
        List<Migrations> modules =
                Stream.of(BatchServer.TABLES).map(Migrations::new).toList();
        return new BatchServer(
                Stores.open(StoreConfig.at(database), modules), folder.resolve(name), simulator, usage, SOON);
    }
}
