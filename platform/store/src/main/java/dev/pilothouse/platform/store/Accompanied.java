package dev.pilothouse.platform.store;

import java.util.concurrent.Callable;

/**
 * Something that goes into each transaction a piece of work makes, such as the mark that a request has changed something.
 * It reaches the writes that are given to the store on the thread of the work.
 */
public final class Accompanied {
    private static final ScopedValue<Companion> COMPANION = ScopedValue.newInstance();

    private Accompanied() {}

    /** What goes along; it throws where the work must not change anything any more, and the unit then leaves nothing. */
    @FunctionalInterface
    public interface Companion {
        /** Runs at the beginning of each transaction, under the rules of a {@link Store.Unit}. */
        void begin(Tx tx);
    }

    /** Does the work; each of its writes begins with the companion. */
    public static <T> T call(Companion companion, Callable<T> work) throws Exception {
        return ScopedValue.where(COMPANION, companion).call(work::call);
    }

    /** The unit with what accompanies it, as its transaction is to run it. */
    static <T> Store.Unit<T> unit(Store.Unit<T> unit) {
        if (!COMPANION.isBound()) {
            return unit;
        }
        Companion companion = COMPANION.get();
        return tx -> {
            companion.begin(tx);
            return unit.run(tx);
        };
    }
}
