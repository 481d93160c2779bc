package dev.pilothouse.trust.ledger;

import dev.pilothouse.kernel.Digest;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** One export: the files of the ledger at its present head, made one after another. Used once by one thread. */
final class LedgerExport {
    private static final int TILE = GrowingTree.TILE;

    private final Ledger ledger;
    private final EntryReader reader;
    private final NoteSigner signer;
    private final String tenant;
    private final boolean complete;
    private final Map<String, Digest> files = new TreeMap<>();

    LedgerExport(Ledger ledger, EntryReader reader, NoteSigner signer, String tenant, boolean complete) {
        this.ledger = ledger;
        this.reader = reader;
        this.signer = signer;
        this.tenant = tenant;
        this.complete = complete;
    }

    @SuppressWarnings("JdkObsolete") // SequenceInputStream asks for an enumeration
    InputStream stream() {
        String note = ledger.head();
        long size = Checkpoint.parse(SignedNote.parse(note).text()).size();
        Stream<Supplier<byte[]>> start = Stream.of(
                () -> file("checkpoint", note.getBytes(StandardCharsets.UTF_8)),
                () -> file("key", (signer.key() + "\n").getBytes(StandardCharsets.UTF_8)));
        Stream<Supplier<byte[]>> bundles = positions(size).flatMap(path -> Stream.of(
                () -> file(path.tile(0), tile(0, path)),
                () -> file(path.entries(), reader.bundle(path, tenant, complete).orElseThrow(() -> missing(path.entries()))),
                () -> file(path.payloads(), reader.payloads(path, tenant, size))));
        Stream<Supplier<byte[]>> above = Stream.of(1, 2, 3, 4, 5, 6, 7)
                .flatMap(level -> positions(size >> (8 * level)).map(path -> () -> file(path.tile(level), tile(level, path))));
        Stream<Supplier<byte[]>> end = Stream.of(this::manifest, Tar::end);
        Iterator<InputStream> parts = Stream.of(start, bundles, above, end)
                .flatMap(part -> part)
                .<InputStream>map(part -> new ByteArrayInputStream(part.get()))
                .iterator();
        return new SequenceInputStream(new Enumeration<InputStream>() {
            @Override
            public boolean hasMoreElements() {
                return parts.hasNext();
            }

            @Override
            public InputStream nextElement() {
                return parts.next();
            }
        });
    }

    private static Stream<TilePath> positions(long hashes) {
        return Stream.iterate(0L, first -> first < hashes, first -> first + TILE)
                .map(first -> TilePath.holding(first, hashes));
    }

    private byte[] tile(int level, TilePath path) {
        return reader.tile(level, path).orElseThrow(() -> missing(path.tile(level)));
    }

    private byte[] file(String name, byte[] content) {
        files.put(name, Digest.of(content));
        return Tar.file(name, content);
    }

    private byte[] manifest() {
        SignedNote note = signer.sign(new Manifest(tenant, complete, files).text());
        return Tar.file(Manifest.FILE, note.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static dev.pilothouse.kernel.PilothouseException missing(String file) {
        return LedgerError.LEDGER_BROKEN.because("The ledger's " + file
                + " is missing from the store. Restore the store from a backup, and keep this copy for the investigation.");
    }
}
