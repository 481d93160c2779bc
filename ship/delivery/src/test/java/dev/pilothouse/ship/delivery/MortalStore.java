package dev.pilothouse.ship.delivery;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.ForwardingStore;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A store whose process dies before a unit or just after its commit; what it wrote to outlives it. */
final class MortalStore extends ForwardingStore {
    private final Runnable maybeDie;

    /** @param maybeDie throws {@link World.Killed} where the process dies */
    MortalStore(Store durable, Runnable maybeDie) {
        super(durable);
        this.maybeDie = maybeDie;
    }

    @Override
    public <T> CompletableFuture<T> write(Unit<T> unit) {
        maybeDie.run();
        T answer;
        try {
            answer = store.writeAndWait(unit);
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
    public void close() {}
}
