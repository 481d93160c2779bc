package dev.pilothouse.trust.backup;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.platform.blobs.FileBlobs;
import dev.pilothouse.platform.columns.Columns;
import dev.pilothouse.platform.columns.ColumnsConfig;
import dev.pilothouse.platform.columns.DuckColumns;
import dev.pilothouse.platform.columns.Signal;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.segments.LogCopy;
import dev.pilothouse.platform.segments.Position;
import dev.pilothouse.platform.segments.SegmentConfig;
import dev.pilothouse.platform.segments.SegmentLog;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.platform.store.Stores;
import dev.pilothouse.trust.ledger.EntryFilter;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import dev.pilothouse.trust.transparency.OfflineVerifier;
import dev.pilothouse.trust.transparency.Verification;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

/** The parts of a server that a backup is made of, without the rest. */
final class Installation implements AutoCloseable {
    static final List<Migrations> MODULES = List.of(Journal.MIGRATIONS, Ledger.MIGRATIONS);
    private static final String TENANT = "default";

    final Path data;
    final FileBlobs blobs;
    final Backups backups;
    private final Store store;
    private final Journal journal;
    private final Ledger ledger;
    private final DuckColumns columns;
    private final SegmentLog log;

    Installation(Path data, StoreConfig config) {
        InstantSource clock = InstantSource.system();
        this.data = data;
        this.store = Stores.open(config, MODULES);
        this.journal = new Journal(store);
        this.blobs = FileBlobs.open(data.resolve("blobs"), clock, Duration.ofDays(1));
        this.columns = DuckColumns.open(ColumnsConfig.in(data.resolve("columns")), clock);
        columns.define(new Signal("sample", List.of(new Signal.Column("n", Signal.Type.LONG))), Duration.ofDays(1));
        this.log = SegmentLog.open(data.resolve("told"), SegmentConfig.STANDARD.withSegmentBytes(4096), clock);
        KeyFolder keys = KeyFolder.open(data.resolve("keys"));
        this.ledger = Ledger.open(store, journal, new Leases(store), keys, clock);
        this.backups = new Backups(
                new Backups.Sources(
                        store,
                        MODULES,
                        blobs,
                        columns,
                        data.resolve("keys"),
                        Map.of("told", this::hold),
                        TENANT,
                        "test"),
                keys,
                ledger,
                clock);
    }

    /** A copy of the log, which is never shortened. */
    private LogCopy hold() {
        return new LogCopy() {
            @Override
            public List<File> files() {
                return log.files(0, log.end());
            }

            @Override
            public void close() {}
        };
    }

    /** What was written, as the log tells it. */
    Set<Integer> told() throws IOException {
        var told = new HashSet<Integer>();
        var _ = log.replay(Position.START, (_, record) -> told.add(record.getInt()));
        return told;
    }

    void write(int number) {
        log.append(ByteBuffer.allocate(Integer.BYTES).putInt(0, number)).join();
        store.writeAndWait(tx -> ledger.append(
                tx, new LedgerEntry(Caller.system(TENANT, "test"), "thing.made", "thing/" + number, Json.object())));
    }

    void samples(int count) {
        long now = TimeUnit.MILLISECONDS.toMicros(InstantSource.system().millis());
        columns.append(
                        TENANT,
                        "sample",
                        LongStream.range(0, count)
                                .mapToObj(i -> new Columns.Row(now, i))
                                .toList())
                .join();
    }

    long countSamples() {
        columns.flush().join();
        var answer = columns.query(TENANT, "SELECT count(*) FROM sample", List.of(), Duration.ofSeconds(30))
                .join();
        return (Long) java.util.Objects.requireNonNull(answer.rows().getFirst().getFirst());
    }

    /** Subjects of all numbered entries. */
    Set<String> subjects() {
        var subjects = new HashSet<String>();
        long before = Long.MAX_VALUE;
        while (true) {
            var page = ledger.entries(TENANT, new EntryFilter(Optional.empty(), Optional.empty(), before, 1000));
            page.entries().forEach(entry -> subjects.add(entry.subject()));
            if (page.next().isEmpty()) {
                return subjects;
            }
            before = page.next().getAsLong();
        }
    }

    String verify(Path export) throws IOException {
        try (InputStream in = ledger.export(TENANT, true)) {
            Files.copy(in, export);
        }
        var known = new OfflineVerifier.Known(Optional.of(ledger.key()), Optional.empty());
        return switch (OfflineVerifier.copy(export, known, _ -> {})) {
            case Verification.Verified _ -> "verified";
            case Verification.Broken broken -> broken.findings().toString();
        };
    }

    @Override
    public void close() {
        ledger.close();
        journal.close();
        log.close();
        columns.close();
        store.close();
    }
}
