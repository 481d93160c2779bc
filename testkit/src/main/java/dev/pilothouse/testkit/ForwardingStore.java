package dev.pilothouse.testkit;

import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Snapshot;
import dev.pilothouse.platform.store.Store;
import java.util.concurrent.CompletableFuture;

/** A store that hands everything to another but its writes, which go wrong in the way that a test wants. Thread-safe if those are. */
public abstract class ForwardingStore implements Store {
    /** Where everything goes. */
    protected final Store store;

    protected ForwardingStore(Store store) {
        this.store = store;
    }

    @Override
    public <T> T read(Unit<T> unit) {
        return store.read(unit);
    }

    @Override
    public <T> CompletableFuture<T> readAsync(Unit<T> unit) {
        return store.readAsync(unit);
    }

    @Override
    public Snapshot snapshot() {
        return store.snapshot();
    }

    @Override
    public Dialect dialect() {
        return store.dialect();
    }

    @Override
    public void close() {
        store.close();
    }
}
