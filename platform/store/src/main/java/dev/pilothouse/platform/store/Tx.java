package dev.pilothouse.platform.store;

import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * The transaction a unit runs in. Front doors pass it on; only {@code Sql*} classes take the handle out. Used by one
 * thread.
 */
public final class Tx {
    private final Handle handle;
    private final Dialect dialect;
    private final List<Runnable> afterCommit = new ArrayList<>();

    Tx(Handle handle, Dialect dialect) {
        this.handle = handle;
        this.dialect = dialect;
    }

    /** JDBI's handle on this transaction; its statements are cached per connection. */
    public Handle sql() {
        return handle;
    }

    /** Which SQL to speak, for the few places where the two differ. */
    public Dialect dialect() {
        return dialect;
    }

    /**
     * Runs something short once the rows are durable, such as waking a follower; never run after a rollback. It runs on
     * the store's thread and must not throw.
     */
    public void afterCommit(Runnable action) {
        afterCommit.add(action);
    }

    List<Runnable> actions() {
        return afterCommit;
    }
}
