package dev.pilothouse.platform.journal;

import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.util.List;
import java.util.Optional;

/** Front door of the journal. Thread-safe. */
public final class Journal implements AutoCloseable {
    /** The journal's tables; give them to the store when opening it. */
    public static final Migrations MIGRATIONS = new Migrations("journal");

    private final Store store;
    private final Followers followers;

    /** A journal in a store that was opened with {@link #MIGRATIONS}. */
    public Journal(Store store) {
        this.store = store;
        this.followers = new Followers(store);
    }

    /**
     * Appends a record, unnumbered, in the transaction of the state it records. It is seen by {@link #find} at once and
     * by all else after {@link #number}. A second record with the same id fails the unit.
     */
    public void append(Tx tx, JournalRecord record) {
        SqlEntries.append(tx, record);
    }

    /**
     * Gives committed, unnumbered records the next sequence numbers. Only one process may do so at a time: check a lease
     * in the same unit.
     *
     * @param max how many at most; 4096 is a good bound, since other units wait meanwhile
     * @return the newly numbered entries in order; empty where there is none
     */
    public List<JournalEntry> number(Tx tx, int max) {
        List<JournalEntry> numbered = SqlEntries.number(tx, max);
        if (!numbered.isEmpty()) {
            tx.afterCommit(followers::wake);
        }
        return numbered;
    }

    /**
     * Gives entries whose rows were copied from the other kind of database the form that this one keeps them in, once, before
     * the journal is used.
     *
     * @return how many there are
     */
    public static int adopt(Tx tx) {
        return SqlEntries.adopt(tx);
    }

    /** How many entries have numbers: the next sequence to be given. */
    public long size() {
        return store.read(tx -> size(tx));
    }

    /** As {@link #size()}, in a transaction. */
    public long size(Tx tx) {
        return SqlEntries.size(tx);
    }

    /**
     * Numbered entries of all tenants, in order.
     *
     * @param after the last sequence already seen, -1 from the beginning
     */
    public List<JournalEntry> read(long after, int limit) {
        return store.read(tx -> SqlEntries.read(tx, after, limit));
    }

    /** As {@link #read(long, int)}, in a transaction. */
    public List<JournalEntry> read(Tx tx, long after, int limit) {
        return SqlEntries.read(tx, after, limit);
    }

    /** Numbered entries of one tenant, in order; see {@link #read(long, int)}. */
    public List<JournalEntry> read(String tenant, long after, int limit) {
        return store.read(tx -> read(tx, tenant, after, limit));
    }

    /** As {@link #read(String, long, int)}, in a transaction. */
    public List<JournalEntry> read(Tx tx, String tenant, long after, int limit) {
        return SqlEntries.read(tx, tenant, after, limit);
    }

    /** A tenant's record by id, numbered or not; see {@link JournalEntry#UNNUMBERED}. */
    public Optional<JournalEntry> find(String tenant, String id) {
        return store.read(tx -> find(tx, tenant, id));
    }

    /** As {@link #find(String, String)}, in a transaction. */
    public Optional<JournalEntry> find(Tx tx, String tenant, String id) {
        return SqlEntries.find(tx, tenant, id);
    }

    /**
     * What happened to one subject, the newest first, numbered entries only.
     *
     * @param before sequence of the last entry already seen, {@link Long#MAX_VALUE} to begin with
     */
    public List<JournalEntry> bySubject(String tenant, String subject, long before, int limit) {
        return store.read(tx -> bySubject(tx, tenant, subject, before, limit));
    }

    /** As {@link #bySubject(String, String, long, int)}, in a transaction. */
    public List<JournalEntry> bySubject(Tx tx, String tenant, String subject, long before, int limit) {
        return SqlEntries.bySubject(tx, tenant, subject, before, limit);
    }

    /**
     * Erases a record's body; its leaf and hash stay. On SQLite the old bytes are overwritten in the database file; the
     * write-ahead log holds them until it is used again.
     *
     * @return false where the tenant has no such record
     */
    public boolean eraseBody(Tx tx, String tenant, String id) {
        return SqlEntries.eraseBody(tx, tenant, id);
    }

    /**
     * Starts a durable follower on a thread of its own, where it left off, or from the first entry if it is new. It is
     * woken by numbering in this process and looks each second for that of others.
     *
     * @param name unique and stable: its place is kept under it
     */
    public void follow(String name, Follower follower) {
        followers.start(name, 0, follower);
    }

    /** As {@link #follow}, but a follower that is new begins after the entries that have numbers now. */
    public void followFromNow(String name, Follower follower) {
        followers.start(name, size(), follower);
    }

    /** How this process's followers stand. */
    public List<FollowerStatus> followers() {
        return followers.status(size());
    }

    /** Stops the followers after the batch they are at; the store stays open. */
    @Override
    public void close() {
        followers.close();
    }
}
