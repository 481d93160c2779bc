package dev.pilothouse.trust.backup;

import dev.pilothouse.platform.archive.ArchiveStream;
import dev.pilothouse.platform.archive.Part;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.segments.LogCopy;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Stores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The parts of one backup, each made when it is asked for. Not thread-safe. */
final class BackupParts implements ArchiveStream.Source {
    static final String COLUMNS = "columns/";
    static final String LOGS = "logs/";
    static final String STATE = "state/";
    static final String BLOBS = "blobs/";
    static final String SUMMARY = "summary.json";

    /** One after the other; a stage that has nothing left gives way to the next. */
    private interface Stage {
        Optional<Part> next() throws IOException;
    }

    private final Backups.Sources sources;
    private final Backups.Opened opened;
    private final Deque<Stage> stages = new ArrayDeque<>();
    private final Map<String, Long> rows = new LinkedHashMap<>();
    private long blobs;
    private @org.jspecify.annotations.Nullable Stream<Path> blobFiles;

    BackupParts(Backups.Sources sources, Backups.Opened opened, BackupHeader header, Optional<byte[]> keys) {
        this.sources = sources;
        this.opened = opened;
        List<Migrations> modules = Stores.all(sources.modules());
        List<String> tables = opened.snapshot().read(tx -> SqlTables.names(tx, modules));
        stages.add(once(Part.of(BackupHeader.PART, Json.bytes(header.json()))));
        keys.ifPresent(locked -> stages.add(once(Part.of(SealedKeys.PART, locked))));
        stages.add(logs());
        stages.add(() -> {
            opened.closeLogs();
            return Optional.empty();
        });
        stages.add(columns());
        stages.add(() -> {
            opened.closeColumns();
            return Optional.empty();
        });
        tables.forEach(table -> stages.add(new Table(table)));
        stages.add(() -> {
            opened.closeSnapshot();
            return Optional.empty();
        });
        stages.add(this::blob);
        stages.add(new Stage() {
            private boolean given;

            @Override
            public Optional<Part> next() throws IOException {
                boolean now = !given;
                given = true;
                return now ? Optional.of(summary()) : Optional.empty();
            }
        });
    }

    @Override
    public Optional<Part> next() throws IOException {
        while (!stages.isEmpty()) {
            Optional<Part> part = stages.getFirst().next();
            if (part.isPresent()) {
                return part;
            }
            stages.removeFirst();
        }
        return Optional.empty();
    }

    private static Stage once(Part part) {
        Iterator<Part> one = List.of(part).iterator();
        return () -> one.hasNext() ? Optional.of(one.next()) : Optional.empty();
    }

    private Stage logs() {
        Iterator<Map.Entry<String, LogCopy.File>> files =
                opened.logFiles().entrySet().iterator();
        return () -> {
            if (!files.hasNext()) {
                return Optional.empty();
            }
            Map.Entry<String, LogCopy.File> next = files.next();
            LogCopy.File file = next.getValue();
            return Optional.of(
                    new Part(next.getKey(), file.length(), file.content().open()));
        };
    }

    /** The manifest, then the files in its order, since their own names may be too long for a tar file. */
    private Stage columns() {
        Iterator<String> names = opened.columns().names().iterator();
        var manifest = once(Part.of(COLUMNS + "manifest.json", opened.columns().manifest()));
        return new Stage() {
            private int number;

            @Override
            public Optional<Part> next() throws IOException {
                Optional<Part> first = manifest.next();
                if (first.isPresent() || !names.hasNext()) {
                    return first;
                }
                String name = String.format(Locale.ROOT, "%s%06d.parquet", COLUMNS, ++number);
                return Optional.of(Part.of(name, opened.columns().file(names.next())));
            }
        };
    }

    private final class Table implements Stage {
        private final String table;
        private SqlTables.@org.jspecify.annotations.Nullable Cursor cursor;
        private int number;

        Table(String table) {
            this.table = table;
        }

        @Override
        public Optional<Part> next() {
            Optional<byte[]> part = opened.snapshot().read(tx -> {
                SqlTables.Cursor open = cursor;
                if (open == null) {
                    open = new SqlTables.Cursor(tx, table);
                    cursor = open;
                }
                Optional<byte[]> next = open.next();
                rows.put(table, open.count());
                return next;
            });
            return part.map(bytes -> Part.of(String.format(Locale.ROOT, "%s%s/%06d", STATE, table, ++number), bytes));
        }
    }

    private @org.jspecify.annotations.Nullable Iterator<Path> blobNames;

    private Optional<Part> blob() throws IOException {
        Iterator<Path> names = blobNames;
        if (names == null) {
            Stream<Path> files = sources.blobs().files();
            blobFiles = files;
            names = files.iterator();
            blobNames = names;
        }
        try {
            if (!names.hasNext()) {
                return Optional.empty();
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        Path file = names.next();
        blobs++;
        return Optional.of(Part.of(
                BLOBS + file.toString().replace('\\', '/'),
                sources.blobs().folder().resolve(file)));
    }

    private Part summary() throws IOException {
        if (opened.isBlobsLeaseLost()) {
            throw new IOException("The backup took its time and another replica may have deleted blobs meanwhile");
        }
        var root =
                Json.object().put("blobs", blobs).put("logs", opened.logFiles().size());
        var tables = root.putObject("rows");
        rows.forEach(tables::put);
        return Part.of(SUMMARY, Json.bytes(root));
    }

    @Override
    public void close() {
        if (blobFiles != null) {
            blobFiles.close();
        }
        opened.close();
    }
}
