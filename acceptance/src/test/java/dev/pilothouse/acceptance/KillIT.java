package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.testkit.OnnxBytes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowClientException;
import org.mlflow.tracking.creds.BasicMlflowHostCreds;

/** The process is killed with SIGKILL while releases move; what was acknowledged is there, and the release ends right. */
class KillIT {
    private static final long SEED = 20_260_101;
    private static final Duration LONG = Duration.ofMinutes(1);

    @Test
    void aReleaseThatIsKilledAnywhereEndsRightAfterTheRestart() {
        var random = new Random(SEED);
        try (var server = PackagedServer.start()) {
            Client client = server.client();
            client.addModel("lookup", OnnxBytes.table(1, 2, 3));
            apply(client, "");
            release(client, 1);
            promoted(client, 1);

            // 1: in the gates, or wherever the first moments have led.
            client.addModel("lookup", OnnxBytes.table(2, 3, 4));
            release(client, 2);
            Moment.after(random.nextInt(30));
            client = restart(server);
            try (var _ = new Traffic(client, "lookup")) {
                promoted(client, 2);
            }

            // 2: in the canary of a good version, with traffic.
            client.addModel("lookup", OnnxBytes.table(3, 4, 5));
            try (var traffic = new Traffic(client, "lookup")) {
                release(client, 3);
                int enough = 1 + random.nextInt(30);
                await().atMost(LONG).until(() -> traffic.count(200, 3) >= enough);
                server.kill();
            }
            client = restart(server);
            try (var _ = new Traffic(client, "lookup")) {
                promoted(client, 3);
            }

            // 3: in the canary of a bad version, as soon as it shows.
            client.addModel("lookup", OnnxBytes.table(9));
            try (var traffic = new Traffic(client, "lookup")) {
                release(client, 4);
                int enough = 1 + random.nextInt(5);
                await().atMost(LONG).until(() -> traffic.count(500, 4) >= enough);
                server.kill();
            }
            client = restart(server);
            try (var traffic = new Traffic(client, "lookup")) {
                Client now = client;
                await().atMost(LONG).until(() -> now.state("lookup").equals("rolled-back"));
                long before = traffic.count(200, 3);
                await().atMost(LONG).until(() -> traffic.count(200, 3) > before + 10);
            }
            assertThat(client.service("lookup").path("stableVersion").asString())
                    .isEqualTo("3");
            assertThat(server.cli().pilot("audit", "verify").done().out()).contains("verified");
            server.cli().pilot("health").done();
        }
    }

    @Test
    void aReleaseThatWaitsForApprovalStillWaitsAfterAKill() {
        try (var server = PackagedServer.start()) {
            Client client = server.client();
            client.addModel("lookup", OnnxBytes.table(1, 2, 3));
            apply(client, "gates:\n  - approval: {role: approver}\n");
            release(client, 1);
            await().atMost(LONG).until(() -> client.state("lookup").equals("awaiting-approval"));
            String second = client.principal("ada", "approver").key();
            Client now = restart(server);
            assertThat(now.state("lookup")).isEqualTo("awaiting-approval");
            String id = now.service("lookup").path("release").path("approval").asString();
            now.as(second)
                    .post("/api/v1/approvals/" + id, "{\"decision\":\"approve\"}")
                    .expect(200);
            promoted(now, 1);
            server.cli().pilot("audit", "verify").done();
        }
    }

    @Test
    void everyAcknowledgedBatchOfMetricsSurvives() throws InterruptedException {
        try (var server = PackagedServer.start()) {
            String run;
            var acknowledged = new AtomicInteger();
            try (var mlflow = mlflow(server)) {
                run = mlflow.createRun(mlflow.createExperiment("killed")).getRunId();
                Thread logger = Thread.ofPlatform().daemon().start(() -> log(mlflow, run, acknowledged));
                int enough = 20 + new Random(SEED).nextInt(60);
                await().atMost(LONG).until(() -> acknowledged.get() >= enough);
                server.kill();
                // The client gives up by itself after its retries; what it had been told before is what counts.
                logger.join(Duration.ofSeconds(1));
            }
            int promised = acknowledged.get();
            server.startAgain();
            try (var mlflow = mlflow(server)) {
                List<Metric> history = mlflow.getMetricHistory(run, "loss");
                assertThat(history).extracting(Metric::getStep).doesNotHaveDuplicates();
                assertThat(history).hasSizeGreaterThanOrEqualTo(10 * promised);
                for (int i = 0; i < 10 * promised; i++) {
                    assertThat(history.get(i).getStep()).isEqualTo(i);
                    assertThat(history.get(i).getValue()).isEqualTo(1.0 / (i + 1));
                }
                assertThat(mlflow.getRun(run).getData().getMetricsList())
                        .singleElement()
                        .satisfies(m -> assertThat(m.getStep())
                                .isEqualTo(history.getLast().getStep()));
            }
            server.cli().pilot("audit", "verify").done();
        }
    }

    private static void log(MlflowClient mlflow, String run, AtomicInteger acknowledged) {
        try {
            for (int batch = 0; ; batch++) {
                int first = batch * 10;
                mlflow.logBatch(
                        run,
                        java.util.stream.IntStream.range(first, first + 10)
                                .mapToObj(KillIT::loss)
                                .toList(),
                        List.of(),
                        List.of());
                acknowledged.incrementAndGet();
            }
        } catch (MlflowClientException | IllegalStateException e) {
            // The server is gone.
        }
    }

    private static Metric loss(int step) {
        return Metric.newBuilder()
                .setKey("loss")
                .setValue(1.0 / (step + 1))
                .setStep(step)
                .setTimestamp(1_700_000_000_000L + step)
                .build();
    }

    private static MlflowClient mlflow(PackagedServer server) {
        return new MlflowClient(new BasicMlflowHostCreds(server.address().toString(), server.key()));
    }

    private static Client restart(PackagedServer server) {
        server.kill();
        server.startAgain();
        return server.client();
    }

    private static void apply(Client client, String more) {
        client.send(
                        "POST",
                        "/api/v1/apply?file=lookup.yaml",
                        "application/yaml",
                        ReleaseIT.service("lookup", more).getBytes(StandardCharsets.UTF_8))
                .expect(200);
    }

    private static void release(Client client, int version) {
        client.post("/api/v1/services/lookup/releases", "{\"model\":\"lookup/" + version + "\"}")
                .expect(201);
    }

    private static void promoted(Client client, int version) {
        await().atMost(LONG).until(() -> client.state("lookup").equals("promoted"));
        assertThat(client.service("lookup").path("stableVersion").asString()).isEqualTo(Integer.toString(version));
    }

    /** A few milliseconds, so that the kill meets another step with each seed. */
    private static final class Moment {
        static void after(int millis) {
            java.util.concurrent.locks.LockSupport.parkNanos(millis * 1_000_000L);
        }
    }
}
