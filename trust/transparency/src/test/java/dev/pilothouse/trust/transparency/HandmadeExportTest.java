package dev.pilothouse.trust.transparency;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.json.CanonicalJson;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.trust.transparency.OfflineVerifier.Known;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verifier on exports that are written here by hand, by the formats alone: no server, no store. */
class HandmadeExportTest {
    private static final int ENTRIES = 600;
    private static final String TENANT = "acme";

    private final NoteSigner signer = signer();

    @TempDir
    private Path folder;

    private static NoteSigner signer() {
        try {
            KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            return new NoteSigner(NoteKey.of("pilothouse/handmade", pair.getPublic()), pair.getPrivate());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Payload payload(int number) {
        byte[] document = CanonicalJson.bytes(Json.parseObject(
                ("{\"by\":\"Ann\",\"facts\":{\"n\":\"" + number + "\"}}").getBytes(StandardCharsets.UTF_8)));
        return new Payload(Digest.of("salt " + number).bytes(), document);
    }

    private static byte[] leaf(int number) {
        return new Envelope(
                        "id-" + number,
                        TENANT,
                        "thing.changed",
                        "thing/" + number,
                        "p-ann",
                        "person",
                        number,
                        payload(number).digest())
                .leaf();
    }

    /** Every file of an export but the manifest. */
    private Map<String, byte[]> files() {
        var files = new TreeMap<String, byte[]>();
        var tree = new GrowingTree();
        var hasher = new TreeHasher();
        List<byte[]> leaves = new ArrayList<>();
        List<PayloadLine> lines = new ArrayList<>();
        for (int i = 0; i < ENTRIES; i++) {
            leaves.add(leaf(i));
            lines.add(new PayloadLine.Present(i, payload(i)));
            tree.append(hasher.leaf(leaves.getLast()));
            if (leaves.size() == GrowingTree.TILE || i == ENTRIES - 1) {
                TilePath path = TilePath.holding(i, ENTRIES);
                files.put(path.entries(), Bundle.write(leaves));
                files.put(path.payloads(), PayloadLine.write(lines));
                leaves.clear();
                lines.clear();
            }
        }
        var tiles = new ArrayList<>(tree.finishedTiles());
        tiles.addAll(tree.unfinishedTiles());
        for (Tile tile : tiles) {
            files.put(new TilePath(tile.index(), tile.width()).tile(tile.level()), tile.hashes());
        }
        String head = tree.head(signer.key().name()).text();
        files.put("checkpoint", signer.sign(head).toString().getBytes(StandardCharsets.UTF_8));
        files.put("key", (signer.key() + "\n").getBytes(StandardCharsets.UTF_8));
        return files;
    }

    private Path tar(Map<String, byte[]> files) throws IOException {
        var digests = new TreeMap<String, Digest>();
        var tar = new ByteArrayOutputStream();
        files.forEach((name, content) -> {
            digests.put(name, Digest.of(content));
            tar.writeBytes(Tar.file(name, content));
        });
        String manifest =
                signer.sign(new Manifest(TENANT, true, digests).text()).toString();
        tar.writeBytes(Tar.file(Manifest.FILE, manifest.getBytes(StandardCharsets.UTF_8)));
        tar.writeBytes(Tar.end());
        return Files.write(folder.resolve("export.tar"), tar.toByteArray());
    }

    private static byte[] file(Map<String, byte[]> files, String name) {
        return Objects.requireNonNull(files.get(name), name);
    }

    private static Verification verify(Path copy) throws IOException {
        return OfflineVerifier.copy(copy, Known.nothing(), _ -> {});
    }

    @Test
    void anExportThatFollowsTheFormatsVerifies() throws IOException {
        Verification found = verify(tar(files()));
        assertThat(found).isInstanceOfSatisfying(Verification.Verified.class, verified -> {
            assertThat(verified.head().size()).isEqualTo(ENTRIES);
            assertThat(verified.payloads()).isEqualTo(ENTRIES);
            assertThat(verified.key()).isEqualTo(signer.key().toString());
        });
    }

    @Test
    void aChangedByteAnywhereIsFound() throws IOException {
        byte[] whole = Files.readAllBytes(tar(files()));
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int round = 0; round < 150; round++) {
            int at = random.nextInt(whole.length);
            byte[] changed = whole.clone();
            changed[at] ^= (byte) (1 << random.nextInt(8));
            Verification found = verify(Files.write(folder.resolve("changed.tar"), changed));
            assertThat(found).as("seed %d, byte %d", seed, at).isInstanceOf(Verification.Broken.class);
        }
    }

    @Test
    void aKeeperWhoSignsAnewCannotSwapAPayloadOrAnEntry() throws IOException {
        Map<String, byte[]> payloads = files();
        String first = TilePath.holding(0, ENTRIES).payloads();
        List<PayloadLine> lines = new ArrayList<>(PayloadLine.read(file(payloads, first)));
        lines.set(7, new PayloadLine.Present(7, payload(8)));
        payloads.put(first, PayloadLine.write(lines));
        assertThat(verify(tar(payloads)))
                .isInstanceOfSatisfying(
                        Verification.Broken.class,
                        broken -> assertThat(broken.firstBadEntry()).hasValue(7));

        Map<String, byte[]> entries = files();
        String second = TilePath.holding(300, ENTRIES).entries();
        List<byte[]> leaves = new ArrayList<>(Bundle.read(file(entries, second)));
        leaves.set(300 - GrowingTree.TILE, leaf(301));
        entries.put(second, Bundle.write(leaves));
        assertThat(verify(tar(entries)))
                .isInstanceOfSatisfying(
                        Verification.Broken.class,
                        broken -> assertThat(broken.firstBadEntry()).hasValue(300));
    }

    @Test
    void aProofHoldsForItsLeafOnly() {
        Map<String, byte[]> files = files();
        GrowingTree.TileSource tiles = (level, index, width) -> file(files, new TilePath(index, width).tile(level));
        InclusionProof way = InclusionProof.from(42, ENTRIES, tiles);
        String note = new String(file(files, "checkpoint"), StandardCharsets.UTF_8);
        assertThat(new EntryProof(leaf(42), way, note).holds(signer.key())).isTrue();
        assertThat(new EntryProof(leaf(43), way, note).holds(signer.key())).isFalse();
        assertThat(new EntryProof(leaf(42), way, note).holds(signer().key())).isFalse();
        assertThat(new EntryProof(leaf(42), way, note + " ").holds(signer.key()))
                .isFalse();
    }
}
