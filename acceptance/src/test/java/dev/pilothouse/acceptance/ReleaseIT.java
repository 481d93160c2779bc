package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.testkit.OnnxBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Releases under traffic, steered by the command line, and the ledger that tells of them. */
class ReleaseIT {
    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir
    private static Path files;

    private static PackagedServer server;

    @BeforeAll
    static void start() {
        server = PackagedServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** A service whose evidence comes fast; its errors alone decide, since the machine of a test may be slow. */
    static String service(String name, String more) {
        return """
                apiVersion: pilothouse.dev/v1
                kind: Service
                metadata:
                  name: %s
                model:
                  name: %s
                rollout:
                  steps: [25, 50, 100]
                  min-requests: 40
                  slow-after: 20s
                  errors: {tolerance: 5%%, margin: 25%%}
                  slow: {tolerance: 5%%, margin: 25%%}
                """.formatted(name, name) + more;
    }

    private static void apply(String name, String more) throws IOException {
        Path file = Files.writeString(files.resolve(name + ".yaml"), service(name, more));
        server.cli().pilot("apply", "-f", file.toString()).done();
    }

    private static void awaitState(String service, String state) {
        await().atMost(LONG)
                .pollInterval(Duration.ofMillis(100))
                .failFast(
                        "the release ended otherwise",
                        () -> ended(service) && !server.client().state(service).equals(state))
                .until(() -> server.client().state(service).equals(state));
    }

    private static boolean ended(String service) {
        return java.util.Set.of("rolled-back", "rejected", "aborted")
                .contains(server.client().state(service));
    }

    @Test
    void aGoodVersionIsPromotedAndABadOneRolledBackWithTheReason() throws IOException {
        Client client = server.client();
        Cli cli = server.cli();
        client.addModel("lookup", OnnxBytes.table(10, 20, 30));
        apply("lookup", "");
        cli.pilot("release", "lookup", "--watch").done();
        try (var traffic = new Traffic(client, "lookup")) {
            client.addModel("lookup", OnnxBytes.table(11, 21, 31));
            cli.pilot("release", "lookup", "--model", "lookup/2", "--note", "fresher data")
                    .done();
            awaitState("lookup", "promoted");
            assertThat(client.service("lookup").path("stableVersion").asString())
                    .isEqualTo("2");
            assertThat(client.get("/api/v1/models/lookup")
                            .json()
                            .path("aliases")
                            .path("production")
                            .asInt())
                    .isEqualTo(2);

            // A third of the requests asks for an entry that version 3 has not.
            client.addModel("lookup", OnnxBytes.table(12, 22));
            cli.pilot("release", "lookup", "--model", "lookup/3", "--watch").ended(1);
            assertThat(client.state("lookup")).isEqualTo("rolled-back");
            assertThat(client.service("lookup").path("stableVersion").asString())
                    .isEqualTo("2");
            long before = traffic.count(200, 2);
            await().atMost(LONG).until(() -> traffic.count(200, 2) > before + 20);
            assertThat(traffic.count(200, 1)).as(traffic.seen()).isPositive();
            assertThat(traffic.count(500, 1) + traffic.count(500, 2))
                    .as(traffic.seen())
                    .isZero();
            assertThat(traffic.refused()).as(traffic.seen()).allMatch(what -> what.equals("500 3"));
        }
        var release = client.service("lookup").path("release");
        assertThat(release.path("sentence").asString()).contains("error").containsPattern("\\d");
        assertThat(cli.pilot("history", "lookup").done().out()).contains("rolled-back");
        assertThat(cli.pilot("status", "lookup").done().out()).contains("rolled-back");
    }

    @Test
    void aVersionThatTakesOtherInputsIsStoppedBeforeAnyTrafficWithTheirNames() throws IOException {
        Client client = server.client();
        client.addModel("shaped", OnnxBytes.table(1, 2, 3));
        apply("shaped", "");
        server.cli().pilot("release", "shaped", "--watch").done();
        client.addModel("shaped", OnnxBytes.fraud());
        server.cli().pilot("release", "shaped", "--watch").ended(1);
        assertThat(client.service("shaped").path("release").path("sentence").asString())
                .startsWith("Stopped before any traffic")
                .contains("no input 'x'", "'channel'", "signature: may-change");
        assertThat(client.service("shaped").path("stableVersion").asString()).isEqualTo("1");
    }

    @Test
    void peoplePauseResumeAbortAndTakeBack() throws IOException {
        Client client = server.client();
        Cli cli = server.cli();
        client.addModel("steered", OnnxBytes.table(1, 2, 3));
        apply("steered", "");
        cli.pilot("release", "steered", "--watch").done();
        client.addModel("steered", OnnxBytes.table(4, 5, 6));
        cli.pilot("release", "steered").done();
        awaitState("steered", "canary");
        cli.pilot("rollout", "pause", "steered", "--reason", "lunch").done();
        assertThat(client.state("steered")).isEqualTo("paused");
        assertThat(client.service("steered").path("release").path("sentence").asString())
                .contains("lunch");
        cli.pilot("rollout", "pause", "steered").ended(1);
        cli.pilot("rollout", "resume", "steered").done();
        awaitState("steered", "canary");
        // Nobody asks, so nothing is known: silence never passes.
        assertThat(client.service("steered").path("release").path("sentence").asString())
                .contains("traffic");
        cli.pilot("rollout", "abort", "steered", "--reason", "wrong day").done();
        awaitState("steered", "aborted");
        assertThat(client.service("steered").path("stableVersion").asString()).isEqualTo("1");
        client.addModel("steered", OnnxBytes.table(7, 8, 9));
        cli.pilot("release", "steered").done();
        awaitState("steered", "canary");
        cli.pilot("promote", "steered", "--reason", "verified by hand").done();
        awaitState("steered", "promoted");
        cli.pilot("rollback", "steered", "--reason", "complaints").done();
        await().atMost(LONG)
                .until(() -> client.service("steered")
                        .path("stableVersion")
                        .asString()
                        .equals("1"));
        assertThat(cli.pilot("rollout", "pouse", "steered").ended(2).err()).contains("pause");
    }

    @Test
    void aReleaseWaitsForASecondPerson() throws IOException {
        Client admin = server.client();
        Cli cli = server.cli();
        admin.addModel("guarded", OnnxBytes.table(1, 2, 3));
        apply("guarded", "gates:\n  - approval:\n      role: approver\n      reason: first release\n");
        cli.pilot("release", "guarded").done();
        awaitState("guarded", "awaiting-approval");
        String id = admin.service("guarded").path("release").path("approval").asString();
        assertThat(cli.pilot("approvals").done().out()).contains(id, "pending", "first release");
        // The requester holds every role and still cannot approve.
        assertThat(cli.pilot("approve", id).code()).isNotZero();
        String viewer = admin.principal("val", "viewer").key();
        cli.as(viewer).pilot("approve", id).ended(4);
        String second = admin.principal("ada", "approver").key();
        cli.as(second).pilot("approve", id, "--comment", "evidence read").done();
        awaitState("guarded", "promoted");
        assertThat(admin.get("/api/v1/approvals/" + id).json().path("comment").asString())
                .isEqualTo("evidence read");

        admin.addModel("guarded", OnnxBytes.table(4, 5, 6));
        cli.pilot("release", "guarded").done();
        awaitState("guarded", "awaiting-approval");
        String next = admin.service("guarded").path("release").path("approval").asString();
        cli.as(second).pilot("reject", next, "--comment", "not today").done();
        awaitState("guarded", "rejected");
        assertThat(admin.service("guarded").path("stableVersion").asString()).isEqualTo("1");
    }

    @Test
    void theLedgerVerifiesAndATamperedCopyDoesNot() throws IOException {
        Cli cli = server.cli();
        server.client().addModel("audited", OnnxBytes.table(1, 2, 3));
        server.client().principal("auditable-person", "viewer");
        assertThat(cli.pilot("audit", "verify").done().out()).contains("verified");
        Path copy = files.resolve("ledger.tar");
        cli.pilot("audit", "export", copy.toString()).done();
        assertThat(cli.pilot("audit", "verify", "--copy", copy.toString())
                        .done()
                        .out())
                .contains("verified");
        byte[] bytes = Files.readAllBytes(copy);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        assertThat(text).contains("auditable-person");
        Path tampered = files.resolve("tampered.tar");
        Files.write(
                tampered, text.replace("auditable-person", "auditable-parson").getBytes(StandardCharsets.ISO_8859_1));
        assertThat(cli.pilot("audit", "verify", "--copy", tampered.toString())
                        .ended(1)
                        .out())
                .contains("broken");
        Path cut = files.resolve("cut.tar");
        Files.write(cut, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        assertThat(cli.pilot("audit", "verify", "--copy", cut.toString()).code())
                .isNotZero();
    }
}
