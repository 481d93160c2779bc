package dev.pilothouse.trust.ledger;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.journal.JournalEntry;
import dev.pilothouse.platform.journal.JournalRecord;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.transparency.Bundle;
import dev.pilothouse.trust.transparency.Checkpoint;
import dev.pilothouse.trust.transparency.EntryProof;
import dev.pilothouse.trust.transparency.Envelope;
import dev.pilothouse.trust.transparency.GrowingTree;
import dev.pilothouse.trust.transparency.InclusionProof;
import dev.pilothouse.trust.transparency.NoteKey;
import dev.pilothouse.trust.transparency.Payload;
import dev.pilothouse.trust.transparency.PayloadLine;
import dev.pilothouse.trust.transparency.TilePath;
import dev.pilothouse.trust.transparency.TreeHasher;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/** Reads entries, tiles and proofs back. Thread-safe. */
final class EntryReader {
    private static final int TILE = GrowingTree.TILE;
    /** How far back one page of a filtered listing looks, in windows of {@value #WINDOW} entries. */
    private static final int WINDOWS = 40;

    private static final int WINDOW = 512;
    private static final Duration NUMBERING = Duration.ofMillis(50);
    private static final int NUMBERING_TRIES = 60;

    private final Store store;
    private final Journal journal;
    private final SqlLedgerStore sql;
    private final TenantKeys keys;
    private final Sealer sealer;

    EntryReader(Store store, Journal journal, SqlLedgerStore sql, TenantKeys keys, Sealer sealer) {
        this.store = store;
        this.journal = journal;
        this.sql = sql;
        this.keys = keys;
        this.sealer = sealer;
    }

    void checkHead(NoteKey key) {
        store.read(tx -> {
            Optional<SqlLedgerStore.Head> head = sql.head(tx);
            head.ifPresent(stored -> HeadCheck.matches(
                    stored,
                    key,
                    GrowingTree.load(stored.size(), (level, index, width) -> sql.hashes(tx, level, index, width))));
            return head.isPresent();
        });
    }

    RecordedEntry open(Tx tx, JournalEntry entry) {
        JournalRecord record = entry.record();
        Envelope envelope;
        try {
            envelope = Envelope.parse(record.leaf());
        } catch (IllegalArgumentException e) {
            throw LedgerError.LEDGER_BROKEN.because(
                    "The ledger entry " + record.id()
                            + " was changed in the store. Run 'pilot audit verify' and restore the store from a backup.",
                    e);
        }
        Optional<Payload> opened = payload(record, keys.find(tx, record.tenant()));
        return new RecordedEntry(
                record.id(),
                entry.numbered() ? OptionalLong.of(entry.sequence()) : OptionalLong.empty(),
                envelope.tenant(),
                envelope.kind(),
                envelope.subject(),
                envelope.principal(),
                envelope.actorKind(),
                opened.map(Payload::actorName),
                Instant.ofEpochMilli(envelope.millis()),
                opened.map(Payload::facts));
    }

    private Optional<Payload> payload(JournalRecord record, Optional<SecretKey> tenantKey) {
        byte @Nullable [] body = record.body();
        return body == null ? Optional.empty() : tenantKey.map(key -> sealer.open(record.id(), body, key));
    }

    EntryPage entries(String tenant, EntryFilter filter) {
        return filter.subject().isPresent()
                ? bySubject(tenant, filter.subject().get(), filter)
                : newest(tenant, filter);
    }

    private EntryPage bySubject(String tenant, String subject, EntryFilter filter) {
        return store.read(tx -> {
            List<JournalEntry> found = journal.bySubject(tx, tenant, subject, filter.before(), filter.limit());
            List<RecordedEntry> taken = found.stream()
                    .filter(entry -> filter.takes(entry.record().kind()))
                    .map(entry -> open(tx, entry))
                    .toList();
            boolean more = found.size() == filter.limit();
            return new EntryPage(taken, more ? OptionalLong.of(found.getLast().sequence()) : OptionalLong.empty());
        });
    }

    private EntryPage newest(String tenant, EntryFilter filter) {
        var taken = new ArrayList<RecordedEntry>();
        long before = Math.min(filter.before(), journal.size());
        for (int window = 0; window < WINDOWS && before > 0; window++) {
            long first = Math.max(0, before - WINDOW);
            long end = before;
            OptionalLong full = store.read(tx -> {
                List<JournalEntry> some = journal.read(tx, first - 1, (int) (end - first));
                for (JournalEntry entry : some.reversed()) {
                    if (entry.record().tenant().equals(tenant)
                            && filter.takes(entry.record().kind())) {
                        taken.add(open(tx, entry));
                        if (taken.size() == filter.limit()) {
                            return OptionalLong.of(entry.sequence());
                        }
                    }
                }
                return OptionalLong.empty();
            });
            if (full.isPresent()) {
                return new EntryPage(taken, full.getAsLong() > 0 ? full : OptionalLong.empty());
            }
            before = first;
        }
        return new EntryPage(taken, before > 0 ? OptionalLong.of(before) : OptionalLong.empty());
    }

    EntryProof proof(String tenant, String id) {
        return store.read(tx -> {
            JournalEntry entry = journal.find(tx, tenant, id)
                    .orElseThrow(() -> CommonError.NOT_FOUND.because("There is no ledger entry '" + id + "'."));
            Optional<SqlLedgerStore.Head> head = sql.head(tx);
            if (!entry.numbered()
                    || head.isEmpty()
                    || entry.sequence() >= head.get().size()) {
                throw LedgerError.NOT_YET_NUMBERED.because(
                        "Entry " + id + " is recorded, but not part of a signed head yet. Ask again in a moment.");
            }
            var inclusion = InclusionProof.from(
                    entry.sequence(), head.get().size(), (level, index, width) -> sql.hashes(tx, level, index, width));
            return new EntryProof(entry.record().leaf(), inclusion, head.get().note());
        });
    }

    /** The first hashes of a tile, or empty where it has fewer. */
    Optional<byte[]> tile(int level, TilePath path) {
        return store.read(tx -> {
            byte[] stored = sql.tile(tx, level, path.index());
            int wanted = path.width() * TreeHasher.HASH;
            return stored == null || stored.length < wanted
                    ? Optional.empty()
                    : Optional.of(Arrays.copyOf(stored, wanted));
        });
    }

    /** The leaves of a bundle, those of other tenants withheld unless all may be seen; empty where it has fewer. */
    Optional<byte[]> bundle(TilePath path, String tenant, boolean complete) {
        List<JournalEntry> entries = read(path);
        if (entries.size() < path.width()) {
            return Optional.empty();
        }
        return Optional.of(Bundle.write(entries.stream()
                .map(JournalEntry::record)
                .map(record -> complete || record.tenant().equals(tenant) ? record.leaf() : new byte[0])
                .toList()));
    }

    /** The tenant's payloads of a bundle, for a head of some size. */
    byte[] payloads(TilePath path, String tenant, long headSize) {
        var lines = new ArrayList<PayloadLine>();
        Optional<SecretKey> key = store.read(tx -> keys.find(tx, tenant));
        for (JournalEntry entry : read(path)) {
            if (entry.record().tenant().equals(tenant)) {
                lines.add(payload(entry.record(), key)
                        .<PayloadLine>map(present -> new PayloadLine.Present(entry.sequence(), present))
                        .orElseGet(() -> new PayloadLine.Erased(
                                entry.sequence(),
                                erasedAfter(tenant, entry.record().id(), headSize))));
            }
        }
        return PayloadLine.write(lines);
    }

    /** Whether the erasure was recorded behind the head; one that was only just committed gets its number meanwhile. */
    private boolean erasedAfter(String tenant, String id, long headSize) {
        for (int i = 0; i < NUMBERING_TRIES; i++) {
            List<JournalEntry> erasure = journal.bySubject(tenant, Envelope.subjectOf(id), Long.MAX_VALUE, 1);
            if (!erasure.isEmpty()) {
                return erasure.getFirst().sequence() >= headSize;
            }
            LockSupport.parkNanos(NUMBERING.toNanos());
        }
        return false;
    }

    private List<JournalEntry> read(TilePath path) {
        return journal.read(path.index() * TILE - 1, path.width());
    }

    static Checkpoint emptyHead(NoteKey key) {
        return new GrowingTree().head(key.name());
    }
}
