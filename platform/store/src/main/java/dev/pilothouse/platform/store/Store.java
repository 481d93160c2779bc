package dev.pilothouse.platform.store;

import java.util.concurrent.CompletableFuture;

/** The database of control state. Thread-safe. */
public interface Store extends AutoCloseable {

    /**
     * Work inside one transaction. It does no I/O but through its {@link Tx}, never waits, and may be run again from the
     * start after a conflict.
     *
     * @param <T> what it answers
     */
    @FunctionalInterface
    interface Unit<T> {
        T run(Tx tx) throws Exception;
    }

    /**
     * Runs a unit and makes its rows durable.
     *
     * @return completes after commit with the unit's answer, or exceptionally with what the unit threw (its rows are
     *     then gone) or with {@link dev.pilothouse.kernel.CommonError#UNAVAILABLE} or {@code OUT_OF_SPACE} where the
     *     database could not take it; callbacks run on the store's own thread and must be short
     */
    <T> CompletableFuture<T> write(Unit<T> unit);

    /**
     * {@link #write} and wait; for virtual threads and tests.
     *
     * @throws dev.pilothouse.kernel.PilothouseException or whatever unchecked exception the unit threw
     */
    default <T> T writeAndWait(Unit<T> unit) {
        return Waiting.on(write(unit));
    }

    /**
     * Runs a unit that only reads, on a consistent snapshot, and waits for its answer. The unit runs on one of the
     * store's few reader threads: keep it short and page through long results.
     */
    <T> T read(Unit<T> unit);

    /** As {@link #read}, without waiting; callbacks run on a reader thread and must be short. */
    <T> CompletableFuture<T> readAsync(Unit<T> unit);

    /**
     * Everything as it stands now, after the writes that have completed, for reading over minutes.
     *
     * @throws dev.pilothouse.kernel.PilothouseException UNAVAILABLE where the database cannot be reached
     */
    Snapshot snapshot();

    /** Which SQL this store speaks. */
    Dialect dialect();

    /** Finishes the units that were given, then closes. */
    @Override
    void close();
}
