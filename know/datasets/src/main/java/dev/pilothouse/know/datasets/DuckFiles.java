package dev.pilothouse.know.datasets;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.blobs.Blobs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The rows of versions as Parquet files beside the blobs, so that reading a part does not parse the whole file again. They
 * are made when a version is added, and again when one is missing; the least recently used go beyond {@link #MOST_BYTES}.
 * Thread-safe.
 */
final class DuckFiles implements AutoCloseable {
    private static final long MOST_BYTES = 2L << 30;

    /** What is done with a table. */
    @FunctionalInterface
    interface Use<T> {
        T of(DuckTable table) throws SQLException;
    }

    private final Blobs blobs;
    private final Path rows;
    private final Path work;
    private final DuckPool pool;
    private final InstantSource clock;

    DuckFiles(Blobs blobs, Path folder, InstantSource clock) throws IOException {
        this.blobs = blobs;
        this.clock = clock;
        this.rows = folder.toAbsolutePath().resolve("rows");
        this.work = folder.toAbsolutePath().resolve("work");
        if (Files.exists(work)) {
            // What a killed process left.
            Files.walkFileTree(work, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }
            });
        }
        this.pool = new DuckPool(work.resolve("spill"));
        ready();
    }

    /** Makes the folders, again if someone has cleared the working files of a running server. */
    private void ready() {
        try {
            Files.createDirectories(rows);
            Files.createDirectories(work.resolve("spill"));
        } catch (IOException e) {
            throw CommonError.UNAVAILABLE.because("The working folder of data sets, " + work + ", cannot be made.", e);
        }
    }

    private Path file(Digest digest) {
        return rows.resolve(digest.hex() + ".parquet");
    }

    /** Uses the rows of a version. */
    <T> T with(SqlDatasets.Row row, Duration within, Use<T> use) {
        Path file = file(row.version().digest());
        if (Files.exists(file)) {
            touch(file);
            return pool.call(
                    within,
                    List.of(file),
                    what(row),
                    session ->
                            use.of(DuckTable.open(session, file, row.version().schema())));
        }
        Map<String, Datasets.ColumnType> types = new HashMap<>();
        row.version().schema().forEach(column -> types.put(column.name(), column.type()));
        return examine(
                row.source(),
                row.version().digest(),
                types,
                new Faults(row.source().name()),
                within,
                use);
    }

    /** Opens the rows of two versions in one session, as the tables {@code a} and {@code b}. */
    <T> T withBoth(SqlDatasets.Row from, SqlDatasets.Row to, Duration within, DuckPool.Job<T> job) {
        for (SqlDatasets.Row row : List.of(from, to)) {
            with(row, within, DuckTable::rows);
        }
        Path a = file(from.version().digest());
        Path b = file(to.version().digest());
        return pool.call(within, List.of(a, b), "Comparing " + what(from) + " and " + what(to), session -> {
            session.execute("CREATE VIEW a AS SELECT * FROM read_parquet(" + DuckSession.quoted(a.toString()) + ")");
            session.execute("CREATE VIEW b AS SELECT * FROM read_parquet(" + DuckSession.quoted(b.toString()) + ")");
            return job.run(session);
        });
    }

    /**
     * Reads a stored file, uses its rows and keeps them.
     *
     * @throws Faults.Unreadable where the file has faults
     */
    <T> T examine(
            DuckIntake.Source source,
            Digest digest,
            Map<String, Datasets.ColumnType> types,
            Faults faults,
            Duration within,
            Use<T> use) {
        ready();
        String name = UUID.randomUUID().toString();
        Path copy = work.resolve(name + ".in.parquet");
        Path saved = work.resolve(name + ".parquet");
        try {
            return pool.call(within, List.of(copy, saved), "Reading " + source.name(), session -> {
                DuckTable table = new DuckIntake(blobs, session, source, types, faults).read(copy);
                T answer = use.of(table);
                if (faults.isEmpty()) {
                    table.save(saved);
                    Files.move(
                            saved, file(digest), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                    trim();
                }
                return answer;
            });
        } finally {
            delete(copy);
            delete(saved);
        }
    }

    private static String what(SqlDatasets.Row row) {
        return row.version().name() + "@" + row.version().version();
    }

    private void trim() throws IOException {
        List<Path> newestFirst;
        try (Stream<Path> all = Files.list(rows)) {
            newestFirst =
                    all.sorted(Comparator.comparing(DuckFiles::used).reversed()).toList();
        }
        long bytes = 0;
        for (Path file : newestFirst) {
            bytes += Files.exists(file) ? Files.size(file) : 0;
            if (bytes > MOST_BYTES) {
                delete(file);
            }
        }
    }

    private static FileTime used(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            return FileTime.fromMillis(0);
        }
    }

    private void touch(Path file) {
        try {
            Files.setLastModifiedTime(file, FileTime.fromMillis(clock.millis()));
        } catch (IOException e) {
            throw CommonError.UNAVAILABLE.because("The working files of data sets changed meanwhile; try again.", e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        pool.close();
    }
}
