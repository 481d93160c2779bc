package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full, damaged or read-only. */
class DiskIT {
    @TempDir
    private static Path folder;

    @Test
    void aFullDiskRefusesWritesInWordsReadsGoOnAndAllIsWellOnceThereIsSpace() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        assumeThat(run("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", disk.toString()))
                .as("mounting is not allowed here, so a full disk cannot be tried")
                .isZero();
        try {
            try (var server = PackagedServer.startIn(Files.createDirectory(disk.resolve("data")))) {
                Client client = server.client();
                client.post("/api/2.0/mlflow/experiments/create", "{\"name\":\"before\"}")
                        .expect(200);
                Path ballast = disk.resolve("ballast");
                fill(ballast);
                byte[] noise = new byte[1 << 20];
                new java.util.Random(1).nextBytes(noise);
                Client.Answer refused = null;
                for (int i = 0; i < 2_000 && (refused == null || refused.status() < 400); i++) {
                    refused = client.post(
                            "/api/2.0/mlflow/experiments/create",
                            "{\"name\":\"e" + i + "\",\"tags\":[{\"key\":\"k\",\"value\":\"" + "v".repeat(4000)
                                    + "\"}]}");
                }
                assertThat(refused.status()).as(refused.text()).isIn(429, 507);
                assertThat(refused.text()).contains("full").doesNotContain("Exception");
                var upload = client.send(
                        "POST", "/api/v1/models/big/versions?file=model.onnx", "application/octet-stream", noise);
                assertThat(upload.status()).as(upload.text()).isEqualTo(507);
                client.get("/api/2.0/mlflow/experiments/get-by-name?experiment_name=before")
                        .expect(200);
                client.get("/health").expect(200);
                Files.delete(ballast);
                await().atMost(Duration.ofMinutes(1))
                        .until(() -> client.post("/api/2.0/mlflow/experiments/create", "{\"name\":\"after\"}")
                                        .status()
                                == 200);
                await().atMost(Duration.ofMinutes(1))
                        .until(() -> server.cli().pilot("audit", "verify").code() == 0);
            }
        } finally {
            run("umount", disk.toString());
        }
    }

    @Test
    void aDamagedStoreIsNamedWithTheWayToRestoreItAndExitCodeTwo() throws IOException {
        Path data = Files.createDirectory(folder.resolve("damaged"));
        Files.write(data.resolve("state.db"), "no database at all ".repeat(400).getBytes(StandardCharsets.UTF_8));
        var ended = PackagedServer.refused(data);
        assertThat(ended.code()).as(ended.text()).isEqualTo(2);
        assertThat(ended.text())
                .contains(data.resolve("state.db").toString(), "pilot restore BACKUP")
                .doesNotContain("\tat ", "Exception");
    }

    @Test
    void aStoreThatWasCutOffIsNamedToo() throws IOException {
        Path data = Files.createDirectory(folder.resolve("cut"));
        try (var server = PackagedServer.startIn(data)) {
            server.client()
                    .post("/api/2.0/mlflow/experiments/create", "{\"name\":\"x\"}")
                    .expect(200);
            server.kill();
            for (String log : new String[] {"state.db-wal", "state.db-shm"}) {
                Files.deleteIfExists(data.resolve(log));
            }
            try (var file = new RandomAccessFile(data.resolve("state.db").toFile(), "rw")) {
                // Past the first page, which still says that it is a database.
                for (long at = 4096; at < file.length(); at += 512) {
                    file.seek(at);
                    file.write(new byte[512]);
                }
            }
            var ended = PackagedServer.refused(data);
            assertThat(ended.code()).as(ended.text()).isEqualTo(2);
            assertThat(ended.text())
                    .contains("state.db", "pilot restore BACKUP")
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void aReadOnlyDiskIsNamedAndExitCodeTwo() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("ro"));
        assumeThat(run("mount", "-t", "tmpfs", "-o", "size=8m,ro", "tmpfs", disk.toString()))
                .as("mounting is not allowed here, so a read-only disk cannot be tried")
                .isZero();
        try {
            var ended = PackagedServer.refused(folder, "--data-dir=" + disk);
            assertThat(ended.code()).as(ended.text()).isEqualTo(2);
            assertThat(ended.text()).contains(disk.toString(), "right to write").doesNotContain("\tat ");
        } finally {
            run("umount", disk.toString());
        }
    }

    private static void fill(Path ballast) throws IOException {
        byte[] block = new byte[64 << 10];
        try (var out = Files.newOutputStream(ballast)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException full) {
            // as meant
        }
    }

    private static int run(String... command) throws Exception {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
