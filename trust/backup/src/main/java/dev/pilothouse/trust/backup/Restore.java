package dev.pilothouse.trust.backup;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.archive.ArchiveReader;
import dev.pilothouse.platform.archive.Part;
import dev.pilothouse.platform.columns.ColumnsCopy;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.segments.Disk;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.platform.store.Stores;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * Puts a backup into an empty folder and, on PostgreSQL, an empty database. The whole file is checked before anything is
 * written. Until the last step the database is marked, so that no server opens what arrived in part.
 */
public final class Restore {
    /** Stands in the data folder while a backup is being restored. */
    private static final String MARK = "RESTORING";

    private static final int LONGEST_TEXT = 64 << 20;
    private static final int LONGEST_ROWS = 1 << 30;

    /**
     * Where to.
     *
     * @param data folder of everything that is kept; absent or empty, as the next two
     * @param blobs folder of bytes
     * @param keys folder of the installation's keys
     * @param store where control state goes
     * @param modules whose tables this program knows, the store's own left out
     */
    public record Target(Path data, Path blobs, Path keys, StoreConfig store, List<Migrations> modules) {
        public Target {
            modules = List.copyOf(modules);
        }

        /** An installation that keeps everything in one folder. */
        public static Target in(Path data, StoreConfig store, List<Migrations> modules) {
            return new Target(data, data.resolve("blobs"), data.resolve("keys"), store, modules);
        }
    }

    /**
     * Where the keys come from, where they are not to stay locked away.
     *
     * @param passphrase opens those inside the backup
     * @param folder holds the originals
     */
    public record Keys(Optional<String> passphrase, Optional<Path> folder) {}

    /** What arrived. */
    public record Restored(BackupHeader header, long rows, long blobs) {}

    private final Path file;
    private final LongConsumer progress;

    /**
     * Reads a backup file.
     *
     * @param progress told bytes read up to now; a check and a restoration each read the whole file
     */
    public Restore(Path file, LongConsumer progress) {
        this.file = file;
        this.progress = progress;
    }

    /**
     * Reads the whole file and checks each part.
     *
     * @throws PilothouseException ARCHIVE_DAMAGED naming the part, {@link BackupError#NOT_A_BACKUP}
     */
    public BackupHeader check() throws IOException {
        try (var reader = open()) {
            BackupHeader header = header(reader);
            boolean summary = false;
            for (var part = reader.next(); part.isPresent(); part = reader.next()) {
                summary = part.get().name().equals(BackupParts.SUMMARY);
            }
            if (!summary) {
                throw BackupError.NOT_A_BACKUP.because(
                        "The file is no backup of Pilothouse: " + BackupParts.SUMMARY + " is not its last part.");
            }
            return header;
        }
    }

    /**
     * Checks, then restores.
     *
     * @throws PilothouseException as {@link #check}; {@link BackupError#NOT_EMPTY}; {@link BackupError#KEYS_UNUSABLE};
     *     CONFLICT where the database is not empty or the backup is of a newer program
     */
    public Restored into(Target target, Keys keys) throws IOException {
        for (Path folder : List.of(target.data(), target.blobs(), target.keys())) {
            requireEmpty(folder);
        }
        BackupHeader header = check();
        RestoredKeys keyFiles = RestoredKeys.find(header, keys, this::sealedKeys);
        Files.createDirectories(target.data());
        Path mark = target.data().resolve(MARK);
        Files.writeString(mark, "A backup is being restored here. Where that was interrupted, empty this folder.\n");
        try (Store store = Stores.openEmpty(target.store(), target.modules(), header.versions())) {
            var restored = new Filling(target, store).run(header);
            keyFiles.write(target.keys());
            Disk.syncFolder(target.data());
            Stores.declareWhole(store);
            Files.delete(mark);
            return restored;
        } catch (IOException e) {
            throw Disk.refusal(e, target.data(), "The backup");
        }
    }

    private ArchiveReader open() throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file), 256 << 10);
        return new ArchiveReader(new CountedStream(in, progress));
    }

    private static BackupHeader header(ArchiveReader reader) throws IOException {
        Part first = reader.next()
                .filter(part -> part.name().equals(BackupHeader.PART))
                .orElseThrow(() -> BackupError.NOT_A_BACKUP.because("The file is no backup of Pilothouse: "
                        + BackupHeader.PART + " is not its first part. Name a file that 'pilot backup' made."));
        return BackupHeader.parse(first.bytes(LONGEST_TEXT));
    }

    private static void requireEmpty(Path data) throws IOException {
        if (!Files.exists(data)) {
            return;
        }
        try (Stream<Path> inside = Files.list(data)) {
            Optional<Path> first = inside.findFirst();
            if (Files.exists(data.resolve(MARK))) {
                throw BackupError.NOT_EMPTY.because("The folder " + data + " holds a part of a backup: restoring it was"
                        + " interrupted. Empty the folder, then restore again.");
            }
            if (first.isPresent()) {
                throw BackupError.NOT_EMPTY.because("The folder " + data + " is not empty ('"
                        + first.get().getFileName()
                        + "' is in it), and a backup is never restored over anything. Name a new folder.");
            }
        }
    }

    private byte[] sealedKeys() throws IOException {
        try (var reader = open()) {
            header(reader);
            Part part = reader.next()
                    .filter(p -> p.name().equals(SealedKeys.PART))
                    .orElseThrow(
                            () -> BackupError.NOT_A_BACKUP.because("The backup lacks its " + SealedKeys.PART + "."));
            return part.bytes(LONGEST_TEXT);
        }
    }

    /** One pass over the file that writes what it reads. */
    private final class Filling {
        private final Target target;
        private final Store store;
        private final Path blobs;
        private final Path columns;
        private final Queue<String> columnFiles = new ArrayDeque<>();
        private final Set<Path> folders = new HashSet<>();
        private final Map<String, Long> rows = new HashMap<>();
        private long blobCount;
        private long logCount;

        Filling(Target target, Store store) {
            this.target = target;
            this.store = store;
            this.blobs = target.blobs();
            this.columns = target.data().resolve("columns");
        }

        Restored run(BackupHeader header) throws IOException {
            List<Migrations> all = Stores.all(target.modules());
            store.writeAndWait(tx -> {
                List<String> tables = SqlTables.names(tx, all);
                tables.forEach(table -> SqlTables.clear(tx, table));
                return tables.size();
            });
            JsonNode summary = Json.object();
            try (var reader = open()) {
                for (var next = reader.next(); next.isPresent(); next = reader.next()) {
                    Part part = next.get();
                    if (part.name().startsWith(BackupParts.STATE)) {
                        state(part);
                    } else if (part.name().startsWith(BackupParts.BLOBS)) {
                        place(part, below(blobs, part.name().substring(BackupParts.BLOBS.length())));
                        blobCount++;
                    } else if (part.name().startsWith(BackupParts.COLUMNS)) {
                        column(part);
                    } else if (part.name().startsWith(BackupParts.LOGS)) {
                        log(part);
                    } else if (part.name().equals(BackupParts.SUMMARY)) {
                        summary = Json.parseObject(part.bytes(LONGEST_TEXT));
                    }
                }
            }
            if (!header.database().equals(Backups.database(store))) {
                store.writeAndWait(Journal::adopt);
            }
            store.writeAndWait(SqlTables::continueNumbers);
            store.writeAndWait(SqlTables::endLeases);
            for (Path folder : folders) {
                Disk.syncFolder(folder);
            }
            compare(summary);
            return new Restored(
                    header, rows.values().stream().mapToLong(Long::longValue).sum(), blobCount);
        }

        private void state(Part part) throws IOException {
            String[] names = part.name().split("/", -1);
            if (names.length != 3 || !names[1].matches("[a-z][a-z0-9_]*")) {
                throw BackupError.NOT_A_BACKUP.because(
                        "The backup has the part '" + part.name() + "', which names no table.");
            }
            byte[] bytes = part.bytes(LONGEST_ROWS);
            long added = store.writeAndWait(tx -> SqlTables.insert(tx, names[1], bytes));
            rows.merge(names[1], added, Long::sum);
        }

        private void column(Part part) throws IOException {
            if (part.name().endsWith(ColumnsCopy.MANIFEST)) {
                byte[] manifest = part.bytes(LONGEST_TEXT);
                columnFiles.addAll(ColumnsCopy.names(manifest));
                place(Part.of(part.name(), manifest), columns.resolve(ColumnsCopy.MANIFEST));
                return;
            }
            String name = columnFiles.poll();
            if (name == null) {
                throw BackupError.NOT_A_BACKUP.because("The backup has more files of signals than it lists.");
            }
            place(part, below(columns.resolve(ColumnsCopy.PARQUET), name));
        }

        private void log(Part part) throws IOException {
            String name = part.name().substring(BackupParts.LOGS.length());
            if (!name.matches("[a-z]+/[a-z0-9.]+")) {
                throw BackupError.NOT_A_BACKUP.because(
                        "The backup has the part '" + part.name() + "', which names no file of a log.");
            }
            place(part, below(target.data(), name));
            logCount++;
        }

        private Path below(Path folder, String name) {
            Path path = folder.resolve(name).normalize();
            if (!path.startsWith(folder) || path.equals(folder)) {
                throw BackupError.NOT_A_BACKUP.because(
                        "The backup names the file '" + name + "', which is outside its folder.");
            }
            return path;
        }

        private void place(Part part, Path to) throws IOException {
            for (Path up = to.getParent();
                    up != null && !up.equals(target.data()) && folders.add(up);
                    up = up.getParent()) {
                Files.createDirectories(up);
            }
            try (var channel = FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                    var out = java.nio.channels.Channels.newOutputStream(channel)) {
                part.content().transferTo(out);
                channel.force(true);
            }
        }

        private void compare(JsonNode summary) {
            for (var table : summary.path("rows").properties()) {
                long expected = table.getValue().asLong();
                long found = store.read(tx -> SqlTables.count(tx, table.getKey()));
                if (found != expected) {
                    throw CommonError.INTERNAL.because(
                            "The table " + table.getKey() + " has " + found + " rows after the"
                                    + " restoration instead of " + expected + ". Do not use it; report this.");
                }
            }
            if (blobCount != summary.path("blobs").asLong()
                    || logCount != summary.path("logs").asLong(0)
                    || !columnFiles.isEmpty()) {
                throw BackupError.NOT_A_BACKUP.because("The backup has other files than its summary counts.");
            }
        }
    }
}
