package dev.pilothouse.platform.journal;

import java.util.List;

/** Reads the journal in order and keeps its place. Called by one thread at a time. */
@FunctionalInterface
public interface Follower {
    /**
     * Takes the next entries. What it writes because of them it writes in units that also {@link Cursor#advance} the
     * cursor, so that each entry takes effect exactly once; entries that need no write may be left, they count as done
     * when it returns. When it throws, the entries after the cursor come again, after a back-off, until they succeed.
     *
     * @param entries one or more, in order, without gaps
     * @param cursor this follower's place
     */
    void accept(List<JournalEntry> entries, Cursor cursor) throws Exception;
}
