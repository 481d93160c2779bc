package dev.pilothouse.platform.columns;

import dev.pilothouse.platform.segments.Disk;
import dev.pilothouse.platform.segments.Position;
import dev.pilothouse.platform.segments.SegmentLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns hot tables into Parquet files, one per signal, tenant and hour, and deletes files whose rows are all older than
 * their signal's retention. Runs on one thread. The manifest's replacement is the moment at which rows count as sealed:
 * files of an earlier moment are unknown to it and removed, rows of an earlier moment come again from the log.
 */
final class Sealer {
    private static final Logger LOG = LoggerFactory.getLogger(Sealer.class);
    private static final long HOUR = TimeUnit.HOURS.toMicros(1);
    /** A table whose rows spread over more hours than this gets files of several hours. */
    private static final int MOST_FILES = 64;

    /** Bytes of a file that merges leave alone; some millions of rows. */
    static final long LARGE = 64L << 20;

    private static final DateTimeFormatter HOUR_NAME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd-HH", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** Steps a test can stop at. */
    static final String FILES_WRITTEN = "files-written";

    static final String MANIFEST_WRITTEN = "manifest-written";

    private record Span(long from, long to, long rows) {}

    private final SegmentLog log;
    private final Duck duck;
    private final HotLoader loader;
    private final Shelves shelves;
    private final ManifestFile manifest;
    private final Path parquet;
    private final InstantSource clock;
    private final Consumer<String> steps;

    /** Frozen and not yet sealed; more than one freeze's worth only after a failure. */
    private final List<HotTable> pending = new ArrayList<>();

    private long pendingBytes;
    private Instant lastSeal;
    private final LongAdder seals = new LongAdder();

    Sealer(
            SegmentLog log,
            Duck duck,
            HotLoader loader,
            Shelves shelves,
            ManifestFile manifest,
            Path parquet,
            InstantSource clock,
            Consumer<String> steps) {
        this.log = log;
        this.duck = duck;
        this.loader = loader;
        this.shelves = shelves;
        this.manifest = manifest;
        this.parquet = parquet;
        this.clock = clock;
        this.steps = steps;
        this.lastSeal = clock.instant();
    }

    /** Seals if enough is hot or the interval has passed. */
    void sealIfDue(long hotBytes, Duration interval) throws SQLException, IOException {
        boolean overdue = Duration.between(lastSeal, clock.instant()).compareTo(interval) >= 0;
        if (loader.hotBytes() >= hotBytes
                || (overdue && log.bytesAfter(manifest.current().sealed()) > 0)) {
            seal();
            merge();
        }
    }

    /** Seals everything that was appended before the call. */
    void seal() throws SQLException, IOException {
        Position rolled = log.roll().join();
        HotLoader.Frozen frozen = loader.freeze(rolled).join();
        pending.addAll(frozen.tables());
        pendingBytes += frozen.bytes();
        lastSeal = clock.instant();
        if (pending.isEmpty()) {
            return;
        }
        List<ParquetFile> added = new ArrayList<>();
        try (Connection connection = duck.connect()) {
            Set<Path> folders = new TreeSet<>();
            for (HotTable table : pending) {
                write(table, connection, added, folders);
            }
            for (Path folder : folders) {
                Disk.syncFolder(folder);
            }
            steps.accept(FILES_WRITTEN);
            manifest.update(old -> old.with(added, List.of()).upTo(frozen.upTo()));
        } catch (SQLException | IOException | RuntimeException e) {
            added.forEach(this::delete);
            throw e;
        }
        steps.accept(MANIFEST_WRITTEN);
        shelves.replace(pending, added, List.of());
        List<HotTable> sealed = List.copyOf(pending);
        shelves.retire(() -> drop(sealed));
        pending.clear();
        loader.sealed(pendingBytes);
        pendingBytes = 0;
        seals.increment();
        log.delete(frozen.upTo().segment());
    }

    private void write(HotTable table, Connection connection, List<ParquetFile> added, Set<Path> folders)
            throws SQLException, IOException {
        SeriesKey key = table.key();
        Path folder = parquet.resolve(key.signal()).resolve(key.tenantFolder());
        Files.createDirectories(folder);
        folders.addAll(Set.of(folder, parquet.resolve(key.signal()), parquet));
        try (Statement statement = connection.createStatement()) {
            for (Span span : spans(table, statement)) {
                String name = fileName(key, span.from());
                Path file = parquet.resolve(name);
                added.add(new ParquetFile(key, name, table.types().size(), span.rows(), 0, span.from(), span.to()));
                statement.execute("COPY (SELECT * FROM hot." + table.name() + " WHERE \"at\" BETWEEN " + span.from()
                        + " AND " + span.to() + ") TO " + Duck.text(file.toString())
                        + " (FORMAT parquet, COMPRESSION zstd)");
                Disk.syncFile(file);
                added.set(
                        added.size() - 1,
                        new ParquetFile(
                                key,
                                name,
                                table.types().size(),
                                span.rows(),
                                Files.size(file),
                                span.from(),
                                span.to()));
            }
        }
    }

    private static List<Span> spans(HotTable table, Statement statement) throws SQLException {
        var hours = new ArrayList<Span>();
        try (ResultSet rows = statement.executeQuery("SELECT min(\"at\"), max(\"at\"), count(*) FROM hot."
                + table.name() + " GROUP BY \"at\" // " + HOUR + " ORDER BY 1")) {
            while (rows.next()) {
                hours.add(new Span(rows.getLong(1), rows.getLong(2), rows.getLong(3)));
            }
        }
        int each = (hours.size() + MOST_FILES - 1) / MOST_FILES;
        var spans = new ArrayList<Span>();
        for (int i = 0; i < hours.size(); i += each) {
            List<Span> joined = hours.subList(i, Math.min(hours.size(), i + each));
            spans.add(new Span(
                    joined.getFirst().from(),
                    joined.getLast().to(),
                    joined.stream().mapToLong(Span::rows).sum()));
        }
        return spans;
    }

    private String fileName(SeriesKey key, long from) {
        String hour = HOUR_NAME.format(Instant.ofEpochSecond(Math.floorDiv(from, 1_000_000L)));
        return key.signal() + "/" + key.tenantFolder() + "/" + hour + "-" + manifest.newFileNumber() + ".parquet";
    }

    /**
     * Makes one file of the several that the seals of an hour left, so that a query opens few: of an hour that is over of
     * any two, before that of eight. A file of {@link #LARGE} bytes is left as it is, so that a busy hour's rows are not written
     * again with each merge, and a merge stays within the memory there is.
     */
    void merge() throws SQLException, IOException {
        record Hour(SeriesKey key, int width, long hour) {}
        var hours = new LinkedHashMap<Hour, List<ParquetFile>>();
        for (ParquetFile file : manifest.current().files()) {
            long hour = Math.floorDiv(file.from(), HOUR);
            if (file.bytes() < LARGE && hour == Math.floorDiv(file.to(), HOUR)) {
                hours.computeIfAbsent(new Hour(file.key(), file.width(), hour), _ -> new ArrayList<>())
                        .add(file);
            }
        }
        long settled = Math.floorDiv(TimeUnit.SECONDS.toMicros(clock.instant().getEpochSecond()), HOUR) - 2;
        for (var entry : hours.entrySet()) {
            List<ParquetFile> parts = entry.getValue();
            if (parts.size() >= (entry.getKey().hour() <= settled ? 2 : 8)) {
                merge(parts);
            }
        }
    }

    private void merge(List<ParquetFile> parts) throws SQLException, IOException {
        ParquetFile first = parts.getFirst();
        long from = parts.stream().mapToLong(ParquetFile::from).min().orElseThrow();
        long to = parts.stream().mapToLong(ParquetFile::to).max().orElseThrow();
        String name = fileName(first.key(), from);
        Path file = parquet.resolve(name);
        String sources = parts.stream()
                .map(part -> Duck.text(parquet.resolve(part.name()).toString()))
                .collect(Collectors.joining(", "));
        try (Connection connection = duck.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (SELECT * FROM read_parquet([" + sources
                    + "], hive_partitioning = false) ORDER BY \"at\") TO " + Duck.text(file.toString())
                    + " (FORMAT parquet, COMPRESSION zstd)");
            Disk.syncFile(file);
            Disk.syncFolder(
                    parquet.resolve(first.key().signal()).resolve(first.key().tenantFolder()));
            long rows = parts.stream().mapToLong(ParquetFile::rows).sum();
            var merged = new ParquetFile(first.key(), name, first.width(), rows, Files.size(file), from, to);
            manifest.update(m -> m.with(List.of(merged), parts));
            shelves.replace(List.of(), List.of(merged), parts);
        } catch (SQLException | IOException | RuntimeException e) {
            Files.deleteIfExists(file);
            throw e;
        }
        shelves.retire(() -> parts.forEach(this::delete));
    }

    private void drop(List<HotTable> tables) {
        try (Connection connection = duck.connect();
                Statement statement = connection.createStatement()) {
            for (HotTable table : tables) {
                statement.execute("DROP TABLE IF EXISTS hot." + table.name());
            }
        } catch (SQLException e) {
            LOG.warn("Sealed hot tables were not dropped: {}", e.getMessage());
        }
    }

    /** Deletes files whose rows are all too old. */
    void retain() throws IOException {
        Instant now = clock.instant();
        Manifest present = manifest.current();
        List<ParquetFile> old = present.files().stream()
                .filter(file -> present.isOld(file, now))
                .toList();
        if (old.isEmpty()) {
            return;
        }
        manifest.update(m -> m.with(List.of(), old));
        shelves.replace(List.of(), List.of(), old);
        shelves.retire(() -> old.forEach(this::delete));
    }

    private void delete(ParquetFile file) {
        try {
            Files.deleteIfExists(parquet.resolve(file.name()));
        } catch (IOException e) {
            LOG.warn("A file nothing needs any more was not deleted; the next start does it: {}", e.getMessage());
        }
    }

    long seals() {
        return seals.sum();
    }
}
