package dev.pilothouse.platform.store;

import dev.pilothouse.kernel.PilothouseException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;

/** The embedded store: a folder with {@code state.db} and a {@code lock}; one writer thread, a few readers. */
final class SqliteStore implements Store {
    private final Path file;
    private final FolderLock lock;
    private final SqliteReaders readers;
    private final SqliteWriter writer;

    private SqliteStore(Path file, FolderLock lock, SqliteReaders readers, SqliteWriter writer) {
        this.file = file;
        this.lock = lock;
        this.readers = readers;
        this.writer = writer;
    }

    static SqliteStore open(Path folder, int readers, SqlMigrator.Goal goal) {
        Path file = folder.resolve("state.db");
        FolderLock lock = FolderLock.take(folder);
        try {
            SqlMigrator.sqlite(file).reach(goal);
            return new SqliteStore(file, lock, SqliteReaders.open(file, readers), new SqliteWriter(file));
        } catch (SQLException e) {
            lock.close();
            throw SqliteConnection.cannotOpen(file, e);
        } catch (PilothouseException e) {
            lock.close();
            throw e;
        }
    }

    @Override
    public <T> CompletableFuture<T> write(Unit<T> unit) {
        return writer.submit(Accompanied.unit(unit));
    }

    @Override
    public <T> T writeAndWait(Unit<T> unit) {
        refuseOwnThreads();
        return Waiting.on(write(unit));
    }

    @Override
    public <T> T read(Unit<T> unit) {
        refuseOwnThreads();
        return Waiting.on(readAsync(unit));
    }

    @Override
    public <T> CompletableFuture<T> readAsync(Unit<T> unit) {
        return readers.submit(unit);
    }

    @Override
    public Snapshot snapshot() {
        try {
            SqliteConnection connection = SqliteConnection.reader(file);
            return new Snapshot(connection.tx().sql(), Dialect.SQLITE, connection, SqlFailures.name(file));
        } catch (SQLException e) {
            throw SqliteConnection.cannotOpen(file, e);
        }
    }

    @Override
    public Dialect dialect() {
        return Dialect.SQLITE;
    }

    /** A unit or callback that waited for the store would wait for itself. */
    private void refuseOwnThreads() {
        Thread current = Thread.currentThread();
        if (writer.isOurs(current) || readers.isOneOfUs(current)) {
            throw new IllegalStateException(
                    "A unit or a store callback waits for the store. Use its Tx, or the call that answers a future.");
        }
    }

    @Override
    public void close() {
        writer.close();
        readers.close();
        lock.close();
    }
}
