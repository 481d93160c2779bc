package dev.pilothouse.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.platform.blobs.FileBlobs;
import dev.pilothouse.platform.jobs.Jobs;
import dev.pilothouse.platform.jobs.JobsConfig;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.KeptLease;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.backup.Backups;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HousekeepingTest {
    @TempDir
    private Path folder;

    @Test
    void blobsThatNoModuleRefersToAreDeletedAndAllOthersStay() throws Exception {
        var now = new AtomicReference<>(Instant.now());
        InstantSource clock = now::get;
        try (Store store = TestStore.sqlite(folder, "jobs");
                var jobs = new Jobs(store, clock, Ids.secure(clock), new Random(1), JobsConfig.STANDARD)) {
            var blobs = FileBlobs.open(folder.resolve("blobs"), clock, Duration.ofHours(1));
            Digest artifact = blobs.put(bytes("artifact")).digest();
            Digest dataset = blobs.put(bytes("dataset")).digest();
            Digest orphan = blobs.put(bytes("orphan")).digest();
            now.set(now.get().plus(Duration.ofHours(2)));
            var leases = new Leases(store);
            Housekeeping.collectBlobs(
                    jobs, leases, blobs, List.of(() -> Stream.of(artifact), () -> Stream.of(dataset)));
            jobs.start();
            KeptLease backup = KeptLease.take(leases, Backups.STEADY_BLOBS, "backup", Duration.ofHours(1))
                    .orElseThrow();
            String id = store.writeAndWait(tx -> jobs.enqueue(
                    tx, Housekeeping.OWNER, Housekeeping.COLLECT_BLOBS, null, Json.object(), clock.instant()));
            await().until(() ->
                    jobs.find(Housekeeping.OWNER, id).orElseThrow().error().isPresent());
            assertThat(blobs.size(orphan)).as("kept while a backup is made").isPresent();
            backup.close();
            now.set(now.get().plus(Duration.ofHours(1)));
            await().until(() -> blobs.size(orphan).isEmpty());
            assertThat(blobs.size(artifact)).isPresent();
            assertThat(blobs.size(dataset)).isPresent();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
