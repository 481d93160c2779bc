package dev.pilothouse.trust.transparency;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongConsumer;

/**
 * Checks a ledger without trusting whoever keeps it: the head's signature, every leaf against its hash, every tile
 * against the tiles below, the root against the signed one, every payload against the digest its entry names, and, where
 * an earlier head is known, that the ledger only grew since (RFC 6962, section 2.1.2; instead of asking for a consistency
 * proof, the earlier root is computed again from the same leaf hashes). Needs no server and no database. Stateless.
 */
public final class OfflineVerifier {
    /** Where the parts of a ledger are read from, by their path below {@code /api/v1/ledger/}. */
    @FunctionalInterface
    public interface Source {
        /** The bytes at a path such as {@code checkpoint} or {@code tile/0/000.p/5}; empty where there is nothing. */
        Optional<byte[]> fetch(String path) throws IOException;
    }

    /**
     * What the auditor knows from elsewhere.
     *
     * @param key the public key that must have signed; without it the ledger's own is taken and the result names it
     * @param seen a head that was verified earlier
     */
    public record Known(Optional<NoteKey> key, Optional<Checkpoint> seen) {
        /** Nothing is known. */
        public static Known nothing() {
            return new Known(Optional.empty(), Optional.empty());
        }
    }

    private static final int MAX_FINDINGS = 50;

    private final Source source;
    private final Known known;
    private final LongConsumer progress;
    private final List<Verification.Finding> findings = new ArrayList<>();

    private OfflineVerifier(Source source, Known known, LongConsumer progress) {
        this.source = source;
        this.known = known;
        this.progress = progress;
    }

    /**
     * Checks an export.
     *
     * @param copy the tar file, or the folder it was unpacked to
     * @param progress told the number of entries checked so far
     * @throws IOException where the files cannot be read
     */
    public static Verification copy(Path copy, Known known, LongConsumer progress) throws IOException {
        try (LedgerCopy files = LedgerCopy.open(copy)) {
            var verifier = new OfflineVerifier(files, known, progress);
            return verifier.run(Optional.of(files));
        } catch (IllegalArgumentException e) {
            return new Verification.Broken(
                    List.of(new Verification.Finding(OptionalLong.empty(), copy.toString(), sentence(e))));
        }
    }

    /**
     * Checks a running server's ledger.
     *
     * @param server fetches below {@code <server>/api/v1/ledger/} with the auditor's key
     * @param progress told the number of entries checked so far
     * @throws IOException where the server cannot be reached
     */
    public static Verification server(Source server, Known known, LongConsumer progress) throws IOException {
        return new OfflineVerifier(server, known, progress).run(Optional.empty());
    }

    private Verification run(Optional<LedgerCopy> copy) throws IOException {
        Optional<NoteKey> key = key();
        Optional<Checkpoint> head = key.isPresent() ? head(key.get()) : Optional.empty();
        if (head.isEmpty()) {
            return new Verification.Broken(findings);
        }
        Optional<Manifest> manifest = copy.isPresent() ? manifest(key.orElseThrow()) : Optional.empty();
        if (copy.isPresent() && manifest.isEmpty()) {
            return new Verification.Broken(findings);
        }
        var check = new EntryCheck(source, head.get(), known.seen(), manifest, this::found, progress);
        check.run();
        if (copy.isPresent()) {
            compareFiles(copy.get(), manifest.orElseThrow());
        }
        return findings.isEmpty()
                ? new Verification.Verified(
                        head.get(),
                        key.orElseThrow().toString(),
                        check.lastEntryAt(),
                        check.payloads(),
                        check.erased(),
                        check.withheld())
                : new Verification.Broken(findings);
    }

    private Optional<NoteKey> key() throws IOException {
        Optional<byte[]> bytes = source.fetch("key");
        if (bytes.isEmpty()) {
            found(OptionalLong.empty(), "key", "The ledger's public key is missing.");
            return Optional.empty();
        }
        try {
            String text = new String(bytes.get(), StandardCharsets.UTF_8);
            NoteKey key = NoteKey.parse(text.strip());
            if (!Arrays.equals((key + "\n").getBytes(StandardCharsets.UTF_8), bytes.get())) {
                throw new IllegalArgumentException("it is not written as one line");
            }
            if (known.key().isPresent() && !known.key().get().toString().equals(key.toString())) {
                found(
                        OptionalLong.empty(),
                        "key",
                        "The ledger names the key " + key.name() + ", which is not the one you expect ("
                                + known.key().get().name() + ").");
                return Optional.empty();
            }
            return Optional.of(key);
        } catch (IllegalArgumentException e) {
            found(OptionalLong.empty(), "key", "The ledger's public key cannot be read: " + e.getMessage() + ".");
            return Optional.empty();
        }
    }

    private Optional<Checkpoint> head(NoteKey key) throws IOException {
        try {
            Optional<SignedNote> note = note("checkpoint", key);
            if (note.isEmpty()) {
                return Optional.empty();
            }
            Checkpoint head = Checkpoint.parse(note.get().text());
            if (head.origin().equals(key.name())) {
                return Optional.of(head);
            }
            found(OptionalLong.empty(), "checkpoint", "The head is of another ledger, '" + head.origin() + "'.");
        } catch (IllegalArgumentException | PilothouseException e) {
            found(OptionalLong.empty(), "checkpoint", "The signed head cannot be read: " + e.getMessage() + ".");
        }
        return Optional.empty();
    }

    private Optional<Manifest> manifest(NoteKey key) throws IOException {
        try {
            return note(Manifest.FILE, key).map(note -> Manifest.parse(note.text()));
        } catch (IllegalArgumentException | PilothouseException e) {
            found(OptionalLong.empty(), Manifest.FILE, "The list of files cannot be read: " + e.getMessage() + ".");
            return Optional.empty();
        }
    }

    private Optional<SignedNote> note(String path, NoteKey key) throws IOException {
        Optional<byte[]> bytes = source.fetch(path);
        if (bytes.isEmpty()) {
            found(OptionalLong.empty(), path, "The file is missing.");
            return Optional.empty();
        }
        SignedNote note = SignedNote.parse(new String(bytes.get(), StandardCharsets.UTF_8));
        if (!Arrays.equals(note.toString().getBytes(StandardCharsets.UTF_8), bytes.get()) || !note.signedBy(key)) {
            found(
                    OptionalLong.empty(),
                    path,
                    "The signature is not the ledger key's: the file was changed after signing.");
            return Optional.empty();
        }
        return Optional.of(note);
    }

    private void compareFiles(LedgerCopy copy, Manifest manifest) throws IOException {
        for (var listed : manifest.files().entrySet()) {
            Optional<byte[]> bytes = copy.fetch(listed.getKey());
            if (bytes.isEmpty()) {
                found(OptionalLong.empty(), listed.getKey(), "The file is missing from the export.");
            } else if (!Digest.of(bytes.get()).equals(listed.getValue())) {
                found(OptionalLong.empty(), listed.getKey(), "The file was changed after the export.");
            }
        }
        for (String name : copy.names()) {
            if (!name.equals(Manifest.FILE) && !manifest.files().containsKey(name)) {
                found(OptionalLong.empty(), name, "The file is not part of the export.");
            }
        }
    }

    private void found(OptionalLong entry, String where, String what) {
        if (findings.size() < MAX_FINDINGS) {
            findings.add(new Verification.Finding(entry, where, what));
        }
    }

    private static String sentence(IllegalArgumentException e) {
        return "The export cannot be read: " + e.getMessage() + ".";
    }
}
