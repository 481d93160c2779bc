package dev.pilothouse.trust.ledger;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.trust.transparency.Checkpoint;
import dev.pilothouse.trust.transparency.GrowingTree;
import dev.pilothouse.trust.transparency.Manifest;
import dev.pilothouse.trust.transparency.NoteSigner;
import dev.pilothouse.trust.transparency.SignedNote;
import dev.pilothouse.trust.transparency.Tar;
import dev.pilothouse.trust.transparency.TilePath;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** One export: the files of the ledger at its present head, made one after another. Used once by one thread. */
final class LedgerExport {
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
        Iterator<Supplier<byte[]>> parts = parts();
        return new SequenceInputStream(new Enumeration<InputStream>() {
            @Override
            public boolean hasMoreElements() {
                return parts.hasNext();
            }

            @Override
            public InputStream nextElement() {
                return new ByteArrayInputStream(parts.next().get());
            }
        });
    }

    private Iterator<Supplier<byte[]>> parts() {
        String note = ledger.head();
        long size = Checkpoint.ofNote(note).size();
        var stages = new ArrayDeque<Iterator<Supplier<byte[]>>>();
        stages.add(List.<Supplier<byte[]>>of(
                        () -> file("checkpoint", note.getBytes(StandardCharsets.UTF_8)),
                        () -> file("key", (signer.key() + "\n").getBytes(StandardCharsets.UTF_8)))
                .iterator());
        stages.add(each(size, path -> bundle(path, size)));
        for (int level = 1; size >> (8 * level) > 0; level++) {
            int above = level;
            stages.add(each(size >> (8 * level), path -> file(path.tile(above), tile(above, path))));
        }
        stages.add(List.<Supplier<byte[]>>of(this::manifest, Tar::end).iterator());
        return new Chain(stages);
    }

    /** One stage after another, nothing made before it is asked for: a ledger is larger than the memory. */
    private record Chain(ArrayDeque<Iterator<Supplier<byte[]>>> stages) implements Iterator<Supplier<byte[]>> {
        @Override
        public boolean hasNext() {
            while (!stages.isEmpty() && !stages.getFirst().hasNext()) {
                stages.removeFirst();
            }
            return !stages.isEmpty();
        }

        @Override
        public Supplier<byte[]> next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return stages.getFirst().next();
        }
    }

    private static Iterator<Supplier<byte[]>> each(long hashes, Function<TilePath, byte[]> file) {
        return Stream.iterate(0L, first -> first < hashes, first -> first + GrowingTree.TILE)
                .<Supplier<byte[]>>map(first -> () -> file.apply(TilePath.holding(first, hashes)))
                .iterator();
    }

    private byte[] bundle(TilePath path, long size) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(file(path.tile(0), tile(0, path)));
        out.writeBytes(
                file(path.entries(), reader.bundle(path, tenant, complete).orElseThrow(() -> missing(path.entries()))));
        out.writeBytes(file(path.payloads(), reader.payloads(path, tenant, size)));
        return out.toByteArray();
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

    private static PilothouseException missing(String file) {
        return LedgerError.LEDGER_BROKEN.because(
                "The ledger's " + file
                        + " is missing from the store. Restore the store from a backup, and keep this copy for the investigation.");
    }
}
