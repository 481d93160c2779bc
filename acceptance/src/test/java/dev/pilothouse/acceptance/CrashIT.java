package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.testkit.OnnxBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A model that takes long to load, and one in whose load the process crashes. The crash is a SIGSEGV from outside while the
 * load's marker stands, which to the Java machine and its supervisor is the same as one from within native code.
 */
class CrashIT {
    /** Long enough to be seen loading and to be interrupted; multiplications of big matrices. */
    private static final int LONG_LOAD = 4_000;

    @TempDir
    private static Path files;

    @Test
    void aModelWhoseLoadCrashesTwiceIsQuarantinedAndTheOthersComeUp() throws Exception {
        try (var server = PackagedServer.start()) {
            Cli cli = server.cli();
            server.client().addModel("good", OnnxBytes.adding(1, 2));
            release(cli, "good");
            await().atMost(Duration.ofMinutes(2))
                    .until(() -> server.client().state("good").equals("promoted"));
            server.client().addModel("bad", OnnxBytes.slow(LONG_LOAD));
            release(cli, "bad");
            for (int crash = 1; crash <= 2; crash++) {
                awaitMarker(server);
                assertThat(server.client().state("bad")).as("the release waits").isEqualTo("loading");
                assertThat(server.client()
                                .get("/v2/models/good/ready")
                                .expect(200)
                                .status())
                        .isEqualTo(200);
                server.client().get("/health/ready").expect(200);
                server.crash();
                server.startAgain();
            }
            Client client = server.client();
            JsonNode quarantined = client.get("/api/v1/quarantine")
                    .expect(200)
                    .json()
                    .path("items")
                    .path(0);
            assertThat(quarantined.path("state").asString()).isEqualTo("quarantined");
            assertThat(quarantined.path("label").asString()).contains("bad");
            assertThat(quarantined.path("crashes").asInt()).isEqualTo(2);
            await().atMost(Duration.ofMinutes(2))
                    .until(() -> client.get("/v2/models/good/ready").status() == 200);
            await().atMost(Duration.ofMinutes(2))
                    .until(() -> client.state("bad").equals("rejected"));
            assertThat(client.service("bad").path("release").path("sentence").asString())
                    .contains("quarantined", "pilot model quarantine release sha256:");
            String digest = quarantined.path("graph").asString();
            assertThat(client.service("good").path("quarantine")).isEmpty();
            JsonNode held = client.service("bad").path("quarantine").path(0);
            assertThat(held.path("version").asString()).isEqualTo("bad/1");
            assertThat(held.path("graph").asString()).isEqualTo(digest);
            String command = held.path("command").asString();
            assertThat(server.cli().pilot("status", "bad").done().out())
                    .contains("bad/1  quarantined  the server ended 2 times while it loaded this file", command);
            assertThat(server.cli()
                            .pilot("status", "bad", "-o", "json")
                            .done()
                            .json()
                            .path("quarantine")
                            .path(0))
                    .isEqualTo(held);
            assertThat(server.cli().pilot("model", "quarantine", "list").done().out())
                    .contains(digest, "quarantined");
            String[] words = command.replace("'…'", "tried").split(" ", -1);
            assertThat(words[0]).isEqualTo("pilot");
            server.cli().pilot(Arrays.copyOfRange(words, 1, words.length)).done();
            assertThat(client.service("bad").path("quarantine")).isEmpty();
            assertThat(client.get("/api/v1/quarantine").json().path("items")).isEmpty();
            await().until(() -> client.get("/api/v1/ledger/entries?kind=model.released")
                    .text()
                    .contains("\"tried\""));
            server.cli().pilot("audit", "verify").done();
        }
    }

    private static void release(Cli cli, String name) throws IOException {
        Path file = Files.writeString(files.resolve(name + ".yaml"), ReleaseIT.service(name, ""));
        cli.pilot("apply", "-f", file.toString()).done();
        cli.pilot("release", name).done();
    }

    private static void awaitMarker(PackagedServer server) {
        await().atMost(Duration.ofMinutes(2))
                .pollInterval(20, TimeUnit.MILLISECONDS)
                .until(() -> {
                    try (var markers = Files.list(server.data().resolve("loading"))) {
                        for (Path marker : markers.toList()) {
                            if (Files.readString(marker).contains("bad")) {
                                return true;
                            }
                        }
                        return false;
                    }
                });
    }
}
