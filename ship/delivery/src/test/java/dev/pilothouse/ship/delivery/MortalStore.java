package dev.pilothouse.ship.delivery;

import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Snapshot;
import dev.pilothouse.platform.store.Store;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A store whose process dies before a unit or just after its commit.
 *
 * @param durable what outlives the process
 * @param maybeDie throws {@link World.Killed} where the process dies
 */
record MortalStore(Store durable, Runnable maybeDie) implements Store {
    @Override
    public <T> CompletableFuture<T> write(Unit<T> unit) {
        maybeDie.run();
        T answer;
        try {
            answer = durable.writeAndWait(unit);
        } catch (CompletionException e) {
            if (e.getCause() instanceof World.Killed death) {
                throw death;
            }
            throw e;
        }
        maybeDie.run();
        return CompletableFuture.completedFuture(answer);
    }

    @Override
    public <T> T read(Unit<T> unit) {
        return durable.read(unit);
    }

    @Override
    public <T> CompletableFuture<T> readAsync(Unit<T> unit) {
        return durable.readAsync(unit);
    }

    @Override
    public Snapshot snapshot() {
        return durable.snapshot();
    }

    @Override
    public Dialect dialect() {
        return durable.dialect();
    }

    @Override
    public void close() {}
}
