package dev.pilothouse.trust.ledger;

import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.journal.JournalEntry;
import dev.pilothouse.platform.replicas.Lease;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Tenure;
import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.transparency.Checkpoint;
import dev.pilothouse.trust.transparency.GrowingTree;
import dev.pilothouse.trust.transparency.NoteSigner;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Numbers committed entries, extends the tree by them and signs its new head, all in one unit. One thread; of several
 * replicas the one that holds the lease. Every step begins by comparing the tree in memory with the stored head, so that
 * it can be killed, or replaced, between any two instructions.
 */
final class Sequencer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Sequencer.class);
    private static final String LEASE = "ledger/sequencer";
    /** Entries per unit: bounds how long other units wait behind it. */
    private static final int BATCH = 2048;
    /** Least time between two steps: lets entries gather, so that one signature serves many. */
    private static final Duration PACE = Duration.ofMillis(40);

    private static final Duration BACK_OFF = Duration.ofSeconds(1);
    private static final int MINUTE_MILLIS = 60_000;

    private final Store store;
    private final Journal journal;
    private final SqlLedgerStore sql;
    private final NoteSigner signer;
    private final InstantSource clock;
    private final Duration holdFor;
    private final Tenure tenure;
    private final Duration look;
    private final Semaphore wake = new Semaphore(1);
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread =
            Thread.ofPlatform().daemon().name("ledger-sequencer").unstarted(this::run);
    private @Nullable Lease lease;
    /** The tree at the stored head; written on the store's thread after commit. */
    private volatile @Nullable GrowingTree tree;

    Sequencer(Store store, Journal journal, Leases leases, SqlLedgerStore sql, NoteSigner signer, InstantSource clock) {
        this.store = store;
        this.journal = journal;
        this.sql = sql;
        this.signer = signer;
        this.clock = clock;
        // An embedded store has one process, which after a crash takes its own lease up at once. Replicas on one
        // PostgreSQL look for each other's entries and take over within seconds.
        boolean embedded = store.dialect() == Dialect.SQLITE;
        this.holdFor = embedded ? Duration.ofHours(1) : Duration.ofSeconds(3);
        this.tenure = new Tenure(
                leases, LEASE, embedded ? "embedded" : UUID.randomUUID().toString(), holdFor);
        this.look = embedded ? Duration.ofSeconds(5) : Duration.ofMillis(80);
    }

    void start() {
        thread.start();
    }

    /** Says that entries were committed; returns at once. */
    void wake() {
        if (wake.availablePermits() == 0) {
            wake.release();
        }
    }

    private void run() {
        while (closing.getCount() > 0) {
            try {
                boolean _ = wake.tryAcquire(look.toMillis(), TimeUnit.MILLISECONDS);
                wake.drainPermits();
                if (hold()) {
                    drain();
                    closing.await(PACE.toMillis(), TimeUnit.MILLISECONDS);
                } else {
                    closing.await(holdFor.toMillis() / 3, TimeUnit.MILLISECONDS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                failed(e);
            }
        }
        finish();
    }

    private void drain() {
        int numbered = BATCH;
        while (numbered == BATCH) {
            numbered = store.writeAndWait(this::step);
        }
    }

    /** Numbers what is left, so that a stopped installation is whole, and lets another take over at once. */
    private void finish() {
        try {
            if (lease != null) {
                drain();
                tenure.release();
            }
        } catch (RuntimeException e) {
            log.warn("The ledger's last entries will be numbered at the next start", e);
        }
    }

    private void failed(RuntimeException e) {
        log.warn("The ledger's sequencer will try again in {} s", BACK_OFF.toSeconds(), e);
        tenure.lost();
        lease = null;
        tree = null;
        wake();
        try {
            closing.await(BACK_OFF.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean hold() {
        lease = tenure.hold().orElse(null);
        return lease != null;
    }

    private int step(Tx tx) {
        Lease held = lease;
        if (held == null) {
            return 0;
        }
        held.check(tx);
        GrowingTree next = treeAtHead(tx);
        List<JournalEntry> entries = journal.number(tx, BATCH);
        if (entries.isEmpty()) {
            return 0;
        }
        if (entries.getFirst().sequence() != next.size()) {
            throw LedgerError.LEDGER_BROKEN.because(
                    "The journal gave the number " + entries.getFirst().sequence()
                            + " to an entry, but the signed tree has " + next.size()
                            + " entries: journal and tree are not of one store. Restore the store from one backup.");
        }
        for (JournalEntry entry : entries) {
            next.append(entry.record().leafHash());
        }
        sql.putTiles(tx, next.finishedTiles());
        sql.putTiles(tx, next.grownTiles());
        Checkpoint head = next.head(signer.key().name());
        sql.putHead(
                tx,
                new SqlLedgerStore.Head(next.size(), signer.sign(head.text()).toString()),
                clock.millis() / MINUTE_MILLIS);
        tx.afterCommit(() -> tree = next);
        return entries.size();
    }

    /** A tree to extend: the one in memory where it is still the head's, else read from tiles and checked against the head. */
    private GrowingTree treeAtHead(Tx tx) {
        Optional<SqlLedgerStore.Head> head = sql.head(tx);
        long size = head.map(SqlLedgerStore.Head::size).orElse(0L);
        GrowingTree kept = tree;
        if (kept != null && kept.size() == size) {
            return kept.copy();
        }
        GrowingTree loaded = GrowingTree.load(size, (level, index, width) -> sql.hashes(tx, level, index, width));
        if (head.isPresent()) {
            HeadCheck.matches(head.get(), signer.key(), loaded);
        }
        return loaded;
    }

    @Override
    public void close() {
        closing.countDown();
        wake.release();
        try {
            thread.join(Duration.ofSeconds(20));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
