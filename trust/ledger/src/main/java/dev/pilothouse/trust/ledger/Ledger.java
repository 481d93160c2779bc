package dev.pilothouse.trust.ledger;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.journal.JournalEntry;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.transparency.EntryProof;
import dev.pilothouse.trust.transparency.Envelope;
import dev.pilothouse.trust.transparency.NoteKey;
import dev.pilothouse.trust.transparency.NoteSigner;
import dev.pilothouse.trust.transparency.OfflineVerifier;
import java.io.InputStream;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Front door of the ledger. Thread-safe. */
public final class Ledger implements AutoCloseable {
    /** The ledger's tables; the store also needs {@link Journal#MIGRATIONS}. */
    public static final Migrations MIGRATIONS = new Migrations("ledger");

    private final Store store;
    private final Journal journal;
    private final SqlLedgerStore sql;
    private final TenantKeys keys;
    private final Sealer sealer;
    private final NoteSigner signer;
    private final Sequencer sequencer;
    private final EntryReader reader;

    private Ledger(Store store, Journal journal, Leases leases, KeyFolder folder, InstantSource clock) {
        this.store = store;
        this.journal = journal;
        this.sql = new SqlLedgerStore();
        this.keys = new TenantKeys(store, sql, folder, clock);
        this.sealer = new Sealer(Ids.secure(clock), clock);
        this.signer = folder.signer();
        this.sequencer = new Sequencer(store, journal, leases, sql, signer, clock);
        this.reader = new EntryReader(store, journal, sql, keys, sealer);
    }

    /**
     * Opens the ledger of a store and starts its sequencer. Close it before the journal and the store.
     *
     * @param keys the installation's keys; every replica has the same
     * @throws dev.pilothouse.kernel.PilothouseException {@link LedgerError#LEDGER_BROKEN} where the stored head is not
     *     signed by these keys or is not the head of the stored tiles, {@link LedgerError#WRONG_MASTER_KEY}
     */
    public static Ledger open(Store store, Journal journal, Leases leases, KeyFolder keys, InstantSource clock) {
        var ledger = new Ledger(store, journal, leases, keys, clock);
        ledger.reader.checkHead(ledger.signer.key());
        ledger.sequencer.start();
        return ledger;
    }

    /**
     * Records that something happened, in the transaction of the state it changed. For hot paths {@link #seal} first,
     * outside the unit, so that hashing and encryption do not run on the store's writer thread.
     *
     * @return the entry's id, known at once; its number and proof follow after the sequencer has run
     * @throws dev.pilothouse.kernel.PilothouseException {@link LedgerError#ENTRY_INVALID}
     */
    public String append(Tx tx, LedgerEntry entry) {
        return append(tx, sealer.seal(entry, keys.within(tx, entry.actor().tenant())));
    }

    /**
     * Hashes and encrypts an entry; callable on any thread before the transaction, but not inside a unit, because a
     * tenant's first entry makes that tenant's key in a unit of its own.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link LedgerError#ENTRY_INVALID} where the payload holds a
     *     fraction or an integer beyond 2^53, or the entry is too long
     */
    public SealedEntry seal(LedgerEntry entry) {
        return sealer.seal(entry, keys.of(entry.actor().tenant()));
    }

    /** Appends a sealed entry; one that was appended already in this store is refused by its id. */
    public String append(Tx tx, SealedEntry entry) {
        journal.append(tx, entry.record());
        tx.afterCommit(sequencer::wake);
        return entry.record().id();
    }

    /** A tenant's entry by id, numbered or not, its payload decrypted. */
    public Optional<RecordedEntry> entry(String tenant, String id) {
        return store.read(tx -> journal.find(tx, tenant, id).map(entry -> reader.open(tx, entry)));
    }

    /** A tenant's numbered entries, the newest first, payloads decrypted. */
    public EntryPage entries(String tenant, EntryFilter filter) {
        return reader.entries(tenant, filter);
    }

    /** What happened to one subject, the newest first. */
    public List<RecordedEntry> history(String tenant, String subject, int limit) {
        return entries(tenant, new EntryFilter(Optional.empty(), Optional.of(subject), Long.MAX_VALUE, limit))
                .entries();
    }

    /** Decrypts an entry that a journal follower was given. */
    public RecordedEntry open(JournalEntry entry) {
        return store.read(tx -> reader.open(tx, entry));
    }

    /**
     * The proof that an entry is on the ledger.
     *
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND in another tenant; {@link
     *     LedgerError#NOT_YET_NUMBERED} within the first moments
     */
    public EntryProof proof(String tenant, String id) {
        return reader.proof(tenant, id);
    }

    /** The signed head as text (C2SP checkpoint); that of the empty tree before the first entry. */
    public String head() {
        return store.read(this::headNote);
    }

    /** The public key that signs heads. */
    public NoteKey key() {
        return signer.key();
    }

    /**
     * Erases an entry's payload and its salt for good; the envelope and all hashes stay. The erasure is itself an entry,
     * in the same transaction. Erasing again changes nothing.
     *
     * @param by an admin of the tenant
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN, NOT_FOUND, or {@link LedgerError#NOT_ERASABLE} for an
     *     erasure's own entry
     */
    public void erase(Caller by, String id, String reason) {
        by.require(Role.ADMIN);
        store.writeAndWait(tx -> {
            JournalEntry entry = journal.find(tx, by.tenant(), id)
                    .orElseThrow(() -> CommonError.NOT_FOUND.because("There is no ledger entry '" + id + "'."));
            if (entry.record().kind().equals(Envelope.ERASED)) {
                throw LedgerError.NOT_ERASABLE.because("Entry " + id
                        + " records an erasure. It must stay, or the erased payload would look like a manipulation.");
            }
            if (entry.record().body() == null) {
                return id;
            }
            return erase(tx, by, id, reason);
        });
    }

    /**
     * Erases the payloads of those of the next entries of a tenant that are meant, as {@link #erase(Caller, String, String)}
     * does, in one unit. Erasures themselves are passed over.
     *
     * @param by an admin of the tenant
     * @param which decides by what an entry's envelope says
     * @param after number of the last entry that was looked at; -1 to begin with
     * @param batch how many entries to look at
     * @return the number to go on after; {@link Long#MAX_VALUE} after the last
     */
    public long erase(Caller by, Predicate<Envelope> which, String reason, long after, int batch) {
        by.require(Role.ADMIN);
        return store.writeAndWait(tx -> {
            List<JournalEntry> next = journal.read(tx, by.tenant(), after, batch);
            for (JournalEntry entry : next) {
                boolean erasable =
                        entry.record().body() != null && !entry.record().kind().equals(Envelope.ERASED);
                if (erasable && which.test(Envelope.parse(entry.record().leaf()))) {
                    erase(tx, by, entry.record().id(), reason);
                }
            }
            return next.size() < batch ? Long.MAX_VALUE : next.getLast().sequence();
        });
    }

    private String erase(Tx tx, Caller by, String id, String reason) {
        journal.eraseBody(tx, by.tenant(), id);
        return append(
                tx,
                new LedgerEntry(
                        by,
                        Envelope.ERASED,
                        Envelope.subjectOf(id),
                        Json.object().put("reason", reason)));
    }

    /**
     * A copy of the ledger for {@link OfflineVerifier#copy}, as a tar file made while it is read.
     *
     * @param tenant whose payloads to include
     * @param complete whether to include the entries of other tenants too, without payloads; their hashes always are
     */
    public InputStream export(String tenant, boolean complete) {
        return new LedgerExport(this, reader, signer, tenant, complete).stream();
    }

    EntryReader reader() {
        return reader;
    }

    String headNote(Tx tx) {
        return sql.head(tx)
                .map(SqlLedgerStore.Head::note)
                .orElseGet(() ->
                        signer.sign(EntryReader.emptyHead(signer.key()).text()).toString());
    }

    /** Numbers what is waiting, then stops the sequencer. */
    @Override
    public void close() {
        sequencer.close();
    }
}
