package dev.pilothouse.ship.verdicts;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.ForwardingStore;
import java.util.concurrent.CompletableFuture;

/** A store whose writes fail when told: before the unit ran, or after its commit, as a lost connection does. */
final class FlakyStore extends ForwardingStore {
    boolean failBefore;
    boolean failAfter;

    FlakyStore(Store store) {
        super(store);
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
}
