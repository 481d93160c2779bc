package dev.pilothouse.ship.verdicts;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Store;
import java.util.concurrent.CompletableFuture;

/** A store whose writes fail when told: before the unit ran, or after its commit, as a lost connection does. */
final class FlakyStore implements Store {
    private final Store store;
    boolean failBefore;
    boolean failAfter;

    FlakyStore(Store store) {
        this.store = store;
    }

    @Override
    public <T> CompletableFuture<T> write(Unit<T> unit) {
        if (failBefore) {
            return CompletableFuture.failedFuture(CommonError.UNAVAILABLE.because("Lost before."));
        }
        T answer = store.writeAndWait(unit);
        return failAfter
                ? CompletableFuture.failedFuture(CommonError.UNAVAILABLE.because("Lost after."))
                : CompletableFuture.completedFuture(answer);
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
    public dev.pilothouse.platform.store.Snapshot snapshot() {
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
