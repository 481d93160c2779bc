package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.Money;
import dev.pilothouse.testkit.OnnxBytes;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.trust.access.Access;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The commands of {@code docs/how-to/back-up-and-restore.md}, while the server is written to and releases. */
class BackupIT {
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final String PASSPHRASE = "correct horse battery staple";
    private static final int BEFORE = 50;

    @TempDir
    private Path folder;

    @Test
    void whatWasAcknowledgedBeforeIsThereAfterwardsAndTheLedgerVerifies() throws Exception {
        try (var server = PackagedServer.start()) {
            Client client = server.client();
            client.addModel("lookup", OnnxBytes.table(1, 2, 3));
            apply(client);
            client.post("/api/v1/services/lookup/releases", "{\"model\":\"lookup/1\"}")
                    .expect(201);
            await().atMost(LONG).until(() -> client.state("lookup").equals("promoted"));
            for (int i = 0; i < BEFORE; i++) {
                run(client, i);
            }
            client.addModel("lookup", OnnxBytes.table(2, 3, 4));
            client.post("/api/v1/services/lookup/releases", "{\"model\":\"lookup/2\"}")
                    .expect(201);
            var stop = new AtomicBoolean();
            var next = new AtomicInteger(BEFORE);
            Thread logging = Thread.ofVirtual().start(() -> {
                while (!stop.get()) {
                    run(client, next.getAndIncrement());
                }
            });
            Path file;
            try (var _ = new Traffic(client, "lookup")) {
                file = backup(server);
            }
            stop.set(true);
            logging.join();
            assertThat(next.get()).as("runs were logged meanwhile").isGreaterThan(BEFORE);

            Path data = folder.resolve("restored");
            assertThat(page(server, 1, file, data).done().out()).contains("whole");
            assertThat(page(server, 2, file, data).done().out()).contains("restored");
            assertThat(page(server, 2, file, data).ended(1).err()).contains("not empty");
            proven(PackagedServer.on(data, server.key()));
        }
    }

    @Test
    void aBackupGoesIntoPostgresWithoutAnyToolOfPostgres() throws Exception {
        try (var postgres = TestPostgres.start();
                var server = PackagedServer.start()) {
            Client client = server.client();
            for (int i = 0; i < BEFORE; i++) {
                run(client, i);
            }
            Path file = backup(server);
            Path data = folder.resolve("restored");
            String store = "--store.url=" + postgres.newDatabase();
            secretly(server, "restore", file.toString(), "--data-dir", data.toString(), store)
                    .done();
            assertThat(data.resolve("state.db")).doesNotExist();
            proven(PackagedServer.on(data, server.key(), store));
        }
    }

    @Test
    void whatCallsCostIsThereOnceAndChargedOnce() throws Exception {
        PackagedServer server = PackagedServer.start();
        try (var llm = new LlmServer(server, folder)) {
            llm.alias("small", "sim", "sim-mini");
            llm.declare(
                    "budgets/all",
                    "{\"scope\": \"organisation:%s\", \"window\": \"total\", \"limit\": \"100\"}"
                            .formatted(Access.FIRST_ORGANISATION));
            var finished = new ArrayList<String>();
            for (int i = 0; i < BEFORE; i++) {
                finished.add(ask(server.client()));
            }
            var stop = new AtomicBoolean();
            Thread calling = Thread.ofVirtual().start(() -> {
                while (!stop.get()) {
                    ask(server.client());
                }
            });
            Path file = backup(server);
            stop.set(true);
            calling.join();

            Path data = folder.resolve("restored");
            page(server, 2, file, data).done();
            try (var restored = PackagedServer.on(data, server.key())) {
                Client client = restored.client();
                await().atMost(LONG).untilAsserted(() -> {
                    List<JsonNode> rows = client.get("/api/v1/usage?limit=1000")
                            .expect(200)
                            .json()
                            .path("items")
                            .valueStream()
                            .toList();
                    List<String> requests = rows.stream()
                            .map(row -> row.path("requestId").asString())
                            .toList();
                    assertThat(requests).doesNotHaveDuplicates().containsAll(finished);
                    long cost = rows.stream()
                            .mapToLong(row ->
                                    Money.parseNanoUsd(row.path("costUsd").asString()))
                            .sum();
                    JsonNode budget =
                            client.get("/api/v1/budgets/all").expect(200).json();
                    assertThat(budget.path("settledNanoUsd").asLong()).isEqualTo(cost);
                    assertThat(budget.path("leasedNanoUsd").asLong()).isZero();
                });
            }
        }
    }

    /** The id of a call that has ended. */
    private static String ask(Client client) {
        return client.post(
                        "/v1/chat/completions",
                        "{\"model\": \"small\", \"messages\": [{\"role\": \"user\", \"content\": \"Where?\"}]}")
                .expect(200)
                .header("x-request-id");
    }

    @Test
    void aBackupThatIsKilledLeavesNoFileOfItsName() throws Exception {
        try (var server = PackagedServer.start()) {
            byte[] big = new byte[48 << 20];
            new Random(3).nextBytes(big);
            server.client()
                    .send("POST", "/api/v1/models/big/versions?file=model.bin", "application/octet-stream", big)
                    .expect(201);
            Path file = folder.resolve("killed.tar");
            Path part = folder.resolve("killed.tar.part");
            Process pilot = pilot(server, "backup", file.toString());
            await().atMost(LONG)
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> !pilot.isAlive() || (Files.exists(part) && Files.size(part) > 1 << 20));
            pilot.destroyForcibly().waitFor();
            assertThat(file).as("killed at " + Files.size(part) + " bytes").doesNotExist();
            await().atMost(LONG)
                    .untilAsserted(
                            () -> secretly(server, "backup", file.toString()).done());
            assertThat(part).doesNotExist();

            Path second = folder.resolve("second.tar");
            Process other = pilot(server, "backup", second.toString());
            await().atMost(LONG)
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> !other.isAlive() || Files.exists(folder.resolve("second.tar.part")));
            server.kill();
            assertThat(other.waitFor(1, TimeUnit.MINUTES)).isTrue();
            assertThat(other.exitValue()).isEqualTo(3);
            try (Stream<Path> left = Files.list(folder)) {
                assertThat(left.map(f -> f.getFileName().toString())).containsExactly("killed.tar");
            }
        }
    }

    @Test
    void othersThanTheOperatorsAdminsGetNone() {
        try (var server = PackagedServer.start()) {
            var engineer =
                    server.cli().as(server.client().principal("eve", "engineer").key());
            assertThat(engineer.pilotWith(
                                    Map.of(
                                            "PILOTHOUSE_URL", server.address().toString(),
                                            "PILOTHOUSE_API_KEY", engineer.key(),
                                            "PILOTHOUSE_BACKUP_PASSPHRASE", PASSPHRASE),
                                    "backup",
                                    folder.resolve("mine.tar").toString())
                            .ended(4)
                            .err())
                    .contains("admin");
            assertThat(server.cli()
                            .pilot("backup", folder.resolve("mine.tar").toString())
                            .ended(2)
                            .err())
                    .contains("PILOTHOUSE_BACKUP_PASSPHRASE", "--without-keys");
            assertThat(folder).isEmptyDirectory();
        }
    }

    private Path backup(PackagedServer server) {
        Path file = folder.resolve("backup.tar");
        assertThat(page(server, 0, file, folder).done().out()).contains("keys encrypted");
        return file;
    }

    /** The one command of a shell block of the page, with paths of ours. */
    private static Cli.Result page(PackagedServer server, int block, Path file, Path data) {
        String[] words = HowTo.page("back-up-and-restore.md").pilot(block).getFirst();
        return secretly(
                server,
                Stream.of(words)
                        .map(word -> word.equals("backup.tar")
                                ? file.toString()
                                : word.equals("restored") ? data.toString() : word)
                        .toArray(String[]::new));
    }

    private static Cli.Result secretly(PackagedServer server, String... args) {
        return server.cli()
                .pilotWith(
                        Map.of(
                                "PILOTHOUSE_URL", server.address().toString(),
                                "PILOTHOUSE_API_KEY", server.key(),
                                "PILOTHOUSE_BACKUP_PASSPHRASE", PASSPHRASE),
                        args);
    }

    private static Process pilot(PackagedServer server, String... args) throws IOException {
        return server.pilot(ClassArchive.PILOT.flags(), Map.of("PILOTHOUSE_BACKUP_PASSPHRASE", PASSPHRASE), args);
    }

    /** Everything from before the backup is there, and the ledger verifies. */
    private static void proven(PackagedServer restored) {
        try (restored) {
            Client client = restored.client();
            String runs = client.post(
                            "/api/2.0/mlflow/runs/search",
                            "{\"experiment_ids\":[\"0\"],\"max_results\":1000,\"order_by\":[\"attributes.start_time\"]}")
                    .expect(200)
                    .text();
            for (int i = 0; i < BEFORE; i++) {
                assertThat(runs).contains("\"run-" + i + "\"");
            }
            assertThat(restored.cli().pilot("audit", "verify").done().out()).contains("verified");
            var versions = client.get("/api/v1/models/lookup");
            if (versions.status() == 200) {
                assertThat(versions.json().path("versions")).hasSize(2);
                try (var _ = new Traffic(client, "lookup")) {
                    await().atMost(LONG).until(() -> client.state("lookup").equals("promoted"));
                }
            }
        }
    }

    private static void run(Client client, int number) {
        client.post("/api/2.0/mlflow/runs/create", "{\"experiment_id\":\"0\",\"run_name\":\"run-" + number + "\"}")
                .expect(200);
    }

    private static void apply(Client client) {
        client.send(
                        "POST",
                        "/api/v1/apply",
                        "application/yaml",
                        ReleaseIT.service("lookup", "").getBytes(StandardCharsets.UTF_8))
                .expect(200);
    }
}
