package dev.pilothouse.trust.transparency;

import dev.pilothouse.kernel.PilothouseException;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** One walk over all entries of a ledger, bundle by bundle; used once by one thread. */
final class EntryCheck {
    /** Takes what does not fit. */
    @FunctionalInterface
    interface Findings {
        void found(OptionalLong entry, String where, String what);
    }

    private static final int TILE = GrowingTree.TILE;

    private final OfflineVerifier.Source source;
    private final Checkpoint head;
    private final Optional<Checkpoint> seen;
    private final Optional<Manifest> manifest;
    private final Findings findings;
    private final LongConsumer progress;
    private final GrowingTree tree = new GrowingTree();
    private final TreeHasher hasher = new TreeHasher();
    private final Map<String, Long> gone = new HashMap<>();
    private final Set<String> recordedErasures = new HashSet<>();
    private @Nullable Instant lastEntryAt;
    private long payloads;
    private long erased;
    private long withheld;

    EntryCheck(
            OfflineVerifier.Source source,
            Checkpoint head,
            Optional<Checkpoint> seen,
            Optional<Manifest> manifest,
            Findings findings,
            LongConsumer progress) {
        this.source = source;
        this.head = head;
        this.seen = seen;
        this.manifest = manifest;
        this.findings = findings;
        this.progress = progress;
    }

    void run() throws IOException {
        seen.ifPresent(this::compareHeads);
        for (long first = 0; first < head.size(); first += TILE) {
            bundle(first, (int) Math.min(TILE, head.size() - first));
            for (Tile full : tree.finishedTiles()) {
                compareTile(full);
            }
            progress.accept(tree.size());
        }
        for (Tile partial : tree.unfinishedTiles()) {
            compareTile(partial);
        }
        if (!tree.head(head.origin()).equals(head)) {
            findings.found(
                    OptionalLong.empty(),
                    "checkpoint",
                    "The tree of the " + head.size() + " entries has another root than the signed head.");
        }
        gone.forEach((id, index) -> {
            if (!recordedErasures.contains(id)) {
                findings.found(
                        OptionalLong.of(index),
                        "entry " + index,
                        "The payload is gone, and no entry records its erasure.");
            }
        });
    }

    Optional<Instant> lastEntryAt() {
        return Optional.ofNullable(lastEntryAt);
    }

    long payloads() {
        return payloads;
    }

    long erased() {
        return erased;
    }

    long withheld() {
        return withheld;
    }

    private void bundle(long first, int width) throws IOException {
        var path = new TilePath(first / TILE, width);
        byte[] hashes = sized(path.tile(0), first, width * TreeHasher.HASH);
        List<byte[]> leaves = leaves(path.entries(), first, width);
        Map<Long, PayloadLine> lines = payloadLines(path.payloads(), first, width);
        for (int i = 0; i < width; i++) {
            byte[] hash = Arrays.copyOfRange(hashes, i * TreeHasher.HASH, (i + 1) * TreeHasher.HASH);
            tree.append(hash);
            if (i < leaves.size()) {
                entry(first + i, leaves.get(i), hash, Optional.ofNullable(lines.remove(first + i)));
            }
            if (seen.isPresent() && tree.size() == seen.get().size()) {
                compareWithSeen(seen.get());
            }
        }
        lines.keySet()
                .forEach(index -> findings.found(
                        OptionalLong.of(index),
                        path.payloads(),
                        "There is a payload for an entry that is not in this bundle."));
    }

    private void entry(long index, byte[] leaf, byte[] hash, Optional<PayloadLine> line) {
        if (leaf.length == 0) {
            withheld++;
            if (manifest.map(Manifest::complete).orElse(false)) {
                findings.found(OptionalLong.of(index), "entry " + index, "The entry is left out of a complete export.");
            }
            return;
        }
        if (!Arrays.equals(hasher.leaf(leaf), hash)) {
            findings.found(
                    OptionalLong.of(index),
                    "entry " + index,
                    "The entry does not have the hash that the tree holds"
                            + " for it: the entry or its hash was changed.");
            return;
        }
        try {
            Envelope envelope = Envelope.parse(leaf);
            lastEntryAt = envelope.at();
            if (envelope.kind().equals(Envelope.ERASED)) {
                recordedErasures.add(envelope.subject());
            }
            payload(index, envelope, line);
        } catch (IllegalArgumentException | PilothouseException e) {
            findings.found(
                    OptionalLong.of(index), "entry " + index, "The entry cannot be read: " + e.getMessage() + ".");
        }
    }

    private void payload(long index, Envelope envelope, Optional<PayloadLine> line) {
        if (line.isEmpty()) {
            if (manifest.isPresent() && manifest.get().tenant().equals(envelope.tenant())) {
                findings.found(OptionalLong.of(index), "entry " + index, "The payload is missing from the export.");
            }
            return;
        }
        switch (line.get()) {
            case PayloadLine.Present present -> {
                payloads++;
                if (!present.payload().digest().equals(envelope.payload())) {
                    findings.found(
                            OptionalLong.of(index),
                            "entry " + index,
                            "The payload is not the one that was recorded: its digest differs from the entry's.");
                }
            }
            case PayloadLine.Erased absent -> {
                erased++;
                if (!absent.pending()) {
                    gone.put(Envelope.subjectOf(envelope.id()), index);
                }
            }
        }
    }

    /** Compares a tile that was computed from the leaves with the one that is served; level 0 was read, not computed. */
    private void compareTile(Tile computed) throws IOException {
        if (computed.level() == 0) {
            return;
        }
        long span = 1L << (8 * computed.level());
        String path = new TilePath(computed.index(), computed.width()).tile(computed.level());
        byte[] served = sized(path, computed.index() * TILE * span, computed.hashes().length);
        int differs = Arrays.mismatch(served, computed.hashes());
        if (differs >= 0) {
            long entry = (computed.index() * TILE + differs / TreeHasher.HASH) * span;
            findings.found(
                    OptionalLong.of(entry),
                    path,
                    "The hash of entries " + entry + " to " + (entry + span - 1)
                            + " is not the one computed from them.");
        }
    }

    private void compareWithSeen(Checkpoint earlier) {
        if (!tree.head(earlier.origin()).equals(earlier)) {
            findings.found(
                    OptionalLong.empty(),
                    "checkpoint",
                    "The first " + tree.size()
                            + " entries are not the ones that were there when the ledger was last checked: history was rewritten.");
        }
    }

    private void compareHeads(Checkpoint earlier) {
        if (!earlier.origin().equals(head.origin())) {
            findings.found(
                    OptionalLong.empty(),
                    "checkpoint",
                    "This is the ledger '" + head.origin() + "', not '" + earlier.origin()
                            + "', which was checked last.");
        }
        if (earlier.size() > head.size()) {
            findings.found(
                    OptionalLong.of(head.size()),
                    "checkpoint",
                    "The ledger has " + head.size() + " entries, but had " + earlier.size()
                            + " when it was last checked: entries were removed.");
        }
    }

    private byte[] sized(String path, long firstEntry, int length) throws IOException {
        byte[] bytes = source.fetch(path).orElse(new byte[0]);
        if (bytes.length != length) {
            findings.found(
                    OptionalLong.of(firstEntry),
                    path,
                    bytes.length == 0
                            ? "The tile is missing."
                            : "The tile has " + bytes.length + " bytes instead of " + length + ".");
            return Arrays.copyOf(bytes, length);
        }
        return bytes;
    }

    private List<byte[]> leaves(String path, long first, int width) throws IOException {
        try {
            List<byte[]> leaves = Bundle.read(source.fetch(path).orElse(new byte[0]));
            if (leaves.size() == width) {
                return leaves;
            }
            findings.found(
                    OptionalLong.of(first + Math.min(width, leaves.size())),
                    path,
                    "The bundle holds " + leaves.size() + " entries instead of " + width + ".");
            return leaves.size() > width ? leaves.subList(0, width) : leaves;
        } catch (IllegalArgumentException e) {
            findings.found(OptionalLong.of(first), path, "The bundle cannot be read: " + e.getMessage() + ".");
            return List.of();
        }
    }

    private Map<Long, PayloadLine> payloadLines(String path, long first, int width) throws IOException {
        var lines = new HashMap<Long, PayloadLine>();
        try {
            for (PayloadLine line : PayloadLine.read(source.fetch(path).orElse(new byte[0]))) {
                lines.put(line.index(), line);
            }
        } catch (IllegalArgumentException e) {
            findings.found(
                    OptionalLong.of(first),
                    path,
                    "The payloads of entries " + first + " to " + (first + width - 1) + " cannot be read: "
                            + e.getMessage() + ".");
        }
        return lines;
    }
}
