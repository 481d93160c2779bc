package dev.pilothouse.trust.ledger;

import dev.pilothouse.platform.store.Tx;

/** Front door of the ledger. Thread-safe. */
public final class Ledger {
    /** Kind of the entries that record an erasure. */
    static final String ERASED = "ledger-entry.erased";

    /** How an entry is the subject of another. */
    static String subjectOf(String id) {
        return "ledger-entry/" + id;
    }

    /**
     * Records that something happened, in the transaction of the state it changed. For hot paths {@link #seal} first,
     * outside the unit, so that hashing and encryption do not run on the store's writer thread.
     *
     * @return the entry's id, known at once; its number and proof follow after the sequencer has run
     */
    public String append(Tx tx, LedgerEntry entry) {
        return append(tx, seal(entry));
    }

    /** Hashes and encrypts an entry; callable on any thread, before the transaction. */
    public SealedEntry seal(LedgerEntry entry) {
        throw new IllegalStateException("under construction");
    }

    /** Appends a sealed entry; one that was appended already in this store is refused by its id. */
    public String append(Tx tx, SealedEntry entry) {
        throw new IllegalStateException("under construction");
    }
}
