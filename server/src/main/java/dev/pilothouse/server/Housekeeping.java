package dev.pilothouse.server;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.blobs.Blobs;
import dev.pilothouse.platform.jobs.Jobs;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.KeptLease;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.trust.backup.Backups;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the program does for itself each night, as a durable job, so that of several replicas one does it. */
final class Housekeeping {
    static final String COLLECT_BLOBS = "blobs.collect";
    /** 03:17 UTC: not on the hour, when others begin. */
    private static final String NIGHTLY = "17 3 * * *";

    /** Jobs of the program itself belong to no organisation. */
    static final String OWNER = "";

    private static final Duration TTL = Duration.ofMinutes(1);
    private static final Logger log = LoggerFactory.getLogger(Housekeeping.class);

    private Housekeeping() {}

    /**
     * Deletes blobs that nothing refers to any more.
     *
     * @param referenced digests that each module's state refers to
     */
    static void collectBlobs(Jobs jobs, Leases leases, Blobs blobs, List<Supplier<Stream<Digest>>> referenced) {
        jobs.register(COLLECT_BLOBS, _ -> {
            try (var _ = KeptLease.take(leases, Backups.STEADY_BLOBS, "collection " + UUID.randomUUID(), TTL)
                    .orElseThrow(
                            () -> CommonError.UNAVAILABLE.because(
                                    "A backup is being made, and it may refer to blobs that nothing else refers to any more."))) {
                long freed = blobs.collect(() -> referenced.stream().flatMap(Supplier::get));
                log.info("Blobs that nothing refers to are deleted: {} bytes freed.", freed);
            }
        });
        jobs.cron(OWNER, COLLECT_BLOBS, NIGHTLY, ZoneOffset.UTC, COLLECT_BLOBS, Json.object());
    }
}
