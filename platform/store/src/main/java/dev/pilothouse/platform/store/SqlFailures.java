package dev.pilothouse.platform.store;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Tells the database's own failures from those of a unit, and says them in words. */
final class SqlFailures {
    private static final String RESTORE =
            "Stop the server, move the folder away as it is, and restore it from a backup:"
                    + " pilot restore BACKUP. Without a backup, 'sqlite3 FILE .recover' saves what can be read.";

    private SqlFailures() {}

    /** The first {@link SQLException} in a chain of causes. */
    static @Nullable SQLException sql(@Nullable Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof SQLException sql) {
                return sql;
            }
        }
        return null;
    }

    /** PostgreSQL's serialization failure and deadlock: the same unit can succeed when run again. */
    static boolean retryable(@Nullable SQLException failure) {
        return failure != null && ("40001".equals(failure.getSQLState()) || "40P01".equals(failure.getSQLState()));
    }

    /** What a caller gets for a failed unit: words for the database's failures, anything else as it is. */
    static Throwable describe(Throwable failure, String where) {
        PilothouseException said = words(sql(failure), where);
        return said == null ? failure : said;
    }

    /** What the other callers of a lost transaction get. */
    static PilothouseException unsaved(Throwable failure, String where) {
        PilothouseException said = words(sql(failure), where);
        return said != null
                ? said
                : CommonError.UNAVAILABLE.because(
                        "The database " + where + " could not save this change (" + reason(failure) + "). Try again.",
                        failure);
    }

    /** Words for a failure of the database as a whole, or null where the statement or its data is to blame. */
    static @Nullable PilothouseException words(@Nullable SQLException e, String where) {
        if (e == null) {
            return null;
        }
        return e instanceof SQLiteException sqlite ? sqlite(sqlite, where) : postgres(e, where);
    }

    private static @Nullable PilothouseException sqlite(SQLiteException e, String where) {
        SQLiteErrorCode code = Objects.requireNonNullElse(e.getResultCode(), SQLiteErrorCode.UNKNOWN_ERROR);
        return switch (SQLiteErrorCode.getErrorCode(code.code & 0xff)) {
            case SQLITE_FULL ->
                CommonError.OUT_OF_SPACE.because(
                        "The disk of the database " + where
                                + " is full; nothing of this change was saved. Free some space " + "and try again.",
                        e);
            case SQLITE_CORRUPT ->
                StoreError.STORE_DAMAGED.because(
                        "The database " + where + " is damaged (" + reason(e) + "). " + RESTORE, e);
            case SQLITE_NOTADB ->
                StoreError.STORE_DAMAGED.because("The file " + where + " is no database. " + RESTORE, e);
            case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH ->
                StoreError.STORE_READ_ONLY.because(
                        "The database " + where
                                + " is read-only for this user. Give the server's user the right to write "
                                + "the file and its folder.",
                        e);
            case SQLITE_CANTOPEN ->
                CommonError.UNAVAILABLE.because(
                        "The database " + where + " cannot be opened (" + reason(e)
                                + "). Check that the folder exists and that the server's user may write it.",
                        e);
            case SQLITE_IOERR, SQLITE_BUSY, SQLITE_LOCKED, SQLITE_NOMEM, SQLITE_PROTOCOL ->
                CommonError.UNAVAILABLE.because(
                        "The database " + where + " could not save or read (" + reason(e)
                                + "). Check the disk, then try again.",
                        e);
            default -> null;
        };
    }

    private static @Nullable PilothouseException postgres(SQLException e, String where) {
        String state = Objects.requireNonNullElse(e.getSQLState(), "");
        if (retryable(e)) {
            return CommonError.UNAVAILABLE.because(
                    "The database " + where
                            + " refused the change again and again, because others changed the same rows. "
                            + "Try again.",
                    e);
        }
        if (state.equals("53100")) {
            return CommonError.OUT_OF_SPACE.because(
                    "The disk of the database " + where + " is full; nothing of this change was saved. Free some space "
                            + "and try again.",
                    e);
        }
        // 08 connection, 53 resources, 57P operator intervention, 58 system, 28 and 3D: cannot log in
        boolean down = state.startsWith("08")
                || state.startsWith("53")
                || state.startsWith("57P")
                || state.startsWith("58")
                || state.startsWith("28")
                || state.startsWith("3D")
                || e instanceof java.sql.SQLTransientConnectionException;
        return down ? unreachable(e, where) : null;
    }

    /** For a database server that is away or refuses us. */
    static PilothouseException unreachable(Throwable e, String where) {
        SQLException sql = sql(e);
        return CommonError.UNAVAILABLE.because(
                "The database " + where + " cannot be reached (" + reason(sql == null ? e : sql)
                        + "). A change that was under way may or may not have been saved. Check that the database runs "
                        + "and accepts this user, then try again.",
                e);
    }

    static String reason(Throwable e) {
        String message = e.getMessage();
        return message == null
                ? e.getClass().getSimpleName()
                : message.lines().findFirst().orElse("").strip();
    }

    static PilothouseException closed(Object where) {
        return CommonError.UNAVAILABLE.because("The store " + where + " is closing. Try again in a moment.");
    }

    static PilothouseException crowded(Object where, int waiting) {
        return CommonError.UNAVAILABLE.because("The store " + where + " has " + waiting
                + " calls waiting, as many as it takes. Try again in a moment.");
    }

    static String name(Path file) {
        return file.toAbsolutePath().toString();
    }
}
