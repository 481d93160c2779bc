package dev.pilothouse.platform.journal;

import dev.pilothouse.platform.store.Tx;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A follower's durable place in the journal. */
public final class Cursor {
    private final String follower;
    /** The next sequence to read, as far as this process knows. */
    private final AtomicLong next;
    /** The unit that advanced last and how far, since a unit may take several steps. */
    private @Nullable Tx unit;

    private long reached;

    Cursor(String follower, long next) {
        this.follower = follower;
        this.next = new AtomicLong(next);
    }

    /**
     * Marks all entries up to and including a sequence as done, in the transaction of the writes they caused.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link JournalError#CURSOR_MOVED} where the same follower in
     *     another process was faster; the unit is then rolled back, rightly
     */
    public void advance(Tx tx, long sequence) {
        long from;
        synchronized (this) {
            from = tx == unit ? reached : next.get();
            unit = tx;
            reached = sequence + 1;
        }
        SqlCursors.advance(tx, follower, from, sequence + 1);
        tx.afterCommit(() -> next.accumulateAndGet(sequence + 1, Math::max));
    }

    /** The next sequence to be read. */
    public long next() {
        return next.get();
    }

    void moveTo(long sequence) {
        next.set(sequence);
    }
}
