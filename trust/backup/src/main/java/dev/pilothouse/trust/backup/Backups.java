package dev.pilothouse.trust.backup;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.archive.ArchiveStream;
import dev.pilothouse.platform.blobs.FileBlobs;
import dev.pilothouse.platform.columns.ColumnsCopy;
import dev.pilothouse.platform.columns.DuckColumns;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.KeptLease;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.segments.LogCopy;
import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Snapshot;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Stores;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Front door of backups. Thread-safe; one is made at a time. */
public final class Backups {
    /** The lease that whoever deletes blobs and whoever copies them take turns by, over all replicas. */
    public static final String STEADY_BLOBS = "blobs/steady";

    private static final Duration TTL = Duration.ofMinutes(1);

    /**
     * What a backup is made of.
     *
     * @param modules whose tables there are, the store's own left out
     * @param keys folder of the key files
     * @param logs begin copies of logs of rooms above, by the names of their folders below the data folder
     * @param operator organisation that runs the installation
     * @param program version of this program
     */
    public record Sources(
            Store store,
            List<Migrations> modules,
            FileBlobs blobs,
            DuckColumns columns,
            Path keys,
            Map<String, Supplier<LogCopy>> logs,
            String operator,
            String program) {
        public Sources {
            modules = List.copyOf(modules);
            logs = Map.copyOf(logs);
        }
    }

    private final Sources sources;
    private final KeyFolder keys;
    private final Ledger ledger;
    private final Leases leases;
    private final InstantSource clock;

    /** Backups of an installation. */
    public Backups(Sources sources, KeyFolder keys, Ledger ledger, InstantSource clock) {
        this.sources = sources;
        this.keys = keys;
        this.ledger = ledger;
        this.leases = new Leases(sources.store());
        this.clock = clock;
    }

    /**
     * Begins a backup. All that was acknowledged before the call is in it. The stream makes it while it is read; closing the
     * stream early ends it.
     *
     * @param passphrase encrypts the keys; empty leaves them out
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN for others than admins of the operating organisation,
     *     INVALID for a short passphrase, {@link BackupError#BACKUP_BUSY}
     */
    public InputStream make(Caller by, Optional<String> passphrase) throws IOException {
        by.require(Role.ADMIN);
        if (!by.tenant().equals(sources.operator())) {
            throw CommonError.FORBIDDEN.because("A backup holds the data of all organisations, so only an admin of '"
                    + sources.operator() + "', which runs this installation, may make one. Ask there.");
        }
        Optional<byte[]> locked = sealedKeys(passphrase);
        var opened = new Opened();
        try {
            opened.lease = KeptLease.take(leases, STEADY_BLOBS, "backup " + UUID.randomUUID(), TTL)
                    .orElseThrow(
                            () -> BackupError.BACKUP_BUSY.because("Another backup is being made, or blobs that nothing"
                                    + " refers to are being deleted just now. Try again in a few minutes."));
            String keysHow = locked.isPresent() ? "encrypted" : "left-out";
            sources.store()
                    .writeAndWait(tx -> ledger.append(
                            tx,
                            new LedgerEntry(
                                    by,
                                    "backup.begun",
                                    "installation",
                                    Json.object().put("keys", keysHow))));
            sources.logs().forEach((name, log) -> opened.logs.put(name, log.get()));
            opened.snapshot = sources.store().snapshot();
            opened.columns = sources.columns().copy().join();
            opened.logs.forEach((name, log) -> log.files()
                    .forEach(file -> opened.logFiles.put(BackupParts.LOGS + name + "/" + file.name(), file)));
            return new ArchiveStream(new BackupParts(sources, opened, header(opened, locked.isPresent()), locked));
        } catch (CompletionException e) {
            opened.close();
            throw e.getCause() instanceof RuntimeException unchecked ? unchecked : e;
        } catch (RuntimeException | IOException e) {
            opened.close();
            throw e;
        }
    }

    private Optional<byte[]> sealedKeys(Optional<String> passphrase) throws IOException {
        if (passphrase.isEmpty()) {
            return Optional.empty();
        }
        Map<String, byte[]> files = new LinkedHashMap<>();
        try (Stream<Path> all = Files.list(sources.keys())) {
            for (Path file : all.filter(f -> f.toString().endsWith(".key")).toList()) {
                files.put(String.valueOf(file.getFileName()), Files.readAllBytes(file));
            }
        }
        return Optional.of(SealedKeys.seal(files, passphrase.get(), new SecureRandom()));
    }

    private BackupHeader header(Opened opened, boolean withKeys) throws IOException {
        List<Migrations> all = Stores.all(sources.modules());
        long bytes = opened.snapshot().read(SqlTables::bytes)
                + opened.columns().bytes()
                + opened.logFiles.values().stream()
                        .mapToLong(LogCopy.File::length)
                        .sum();
        try (Stream<Path> files = sources.blobs().files()) {
            bytes += files.mapToLong(file -> size(sources.blobs().folder().resolve(file)))
                    .sum();
        }
        return new BackupHeader(
                sources.program(),
                clock.instant().truncatedTo(ChronoUnit.SECONDS).toString(),
                database(sources.store()),
                opened.snapshot().read(tx -> SqlTables.versions(tx, all)),
                withKeys,
                ledger.key().toString(),
                masterCheck(keys),
                bytes);
    }

    static String database(Store store) {
        return store.dialect() == Dialect.SQLITE ? "sqlite" : "postgresql";
    }

    static String masterCheck(KeyFolder keys) {
        return Digest.of(keys.derive("backup check")).hex();
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a backup holds on to while it is made. */
    static final class Opened implements AutoCloseable {
        private @org.jspecify.annotations.Nullable KeptLease lease;
        private @org.jspecify.annotations.Nullable Snapshot snapshot;
        private @org.jspecify.annotations.Nullable ColumnsCopy columns;
        private final Map<String, LogCopy> logs = new LinkedHashMap<>();
        /** By the names of their parts. */
        private final Map<String, LogCopy.File> logFiles = new LinkedHashMap<>();

        Map<String, LogCopy.File> logFiles() {
            return logFiles;
        }

        /** Lets logs be shortened again. */
        void closeLogs() {
            logs.values().forEach(LogCopy::close);
            logs.clear();
        }

        Snapshot snapshot() {
            return java.util.Objects.requireNonNull(snapshot);
        }

        ColumnsCopy columns() {
            return java.util.Objects.requireNonNull(columns);
        }

        boolean isBlobsLeaseLost() {
            return lease == null || lease.isLost();
        }

        /** Lets the files of the columns go; the rest takes longer. */
        void closeColumns() {
            if (columns != null) {
                columns.close();
                columns = null;
            }
        }

        /** Lets the database's snapshot go, and with it a growing log. */
        void closeSnapshot() {
            if (snapshot != null) {
                snapshot.close();
                snapshot = null;
            }
        }

        @Override
        public void close() {
            closeLogs();
            closeColumns();
            closeSnapshot();
            if (lease != null) {
                lease.close();
                lease = null;
            }
        }
    }
}
