package dev.pilothouse.platform.journal;

import dev.pilothouse.platform.store.Tx;
import java.util.OptionalLong;

/** Followers' places, by name. */
final class SqlCursors {
    private SqlCursors() {}

    static OptionalLong next(Tx tx, String follower) {
        return tx.sql()
                .createQuery("SELECT next FROM journal_cursor WHERE follower = :follower")
                .bind("follower", follower)
                .map((rs, _) -> rs.getLong(1))
                .findFirst()
                .map(OptionalLong::of)
                .orElseGet(OptionalLong::empty);
    }

    /** Makes a cursor where there is none, and answers where it stands. */
    static long create(Tx tx, String follower, long start) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO journal_cursor (follower, next) VALUES (:follower, :next)
                        ON CONFLICT (follower) DO NOTHING""")
                .bind("follower", follower)
                .bind("next", start)
                .execute();
        return next(tx, follower).orElse(start);
    }

    static void advance(Tx tx, String follower, long from, long to) {
        int moved = tx.sql()
                .createUpdate("""
                        UPDATE journal_cursor SET next = :to
                        WHERE follower = :follower AND next = :from AND next < :to""")
                .bind("to", to)
                .bind("follower", follower)
                .bind("from", from)
                .execute();
        if (moved == 0) {
            throw JournalError.CURSOR_MOVED.because("The journal's follower '" + follower + "' does not stand at entry "
                    + from + " any more: another process has done these entries, or this one goes back.");
        }
    }
}
