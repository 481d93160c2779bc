package dev.pilothouse.trust.ledger;

import static dev.pilothouse.trust.ledger.LedgerFixture.ANN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.trust.transparency.Checkpoint;
import dev.pilothouse.trust.transparency.NoteKey;
import dev.pilothouse.trust.transparency.OfflineVerifier;
import dev.pilothouse.trust.transparency.TilePath;
import dev.pilothouse.trust.transparency.Verification;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OfflineVerifierTest {
    @TempDir
    Path folder;

    @Test
    void anUntouchedExportVerifiesAsATarFileAndUnpacked() throws Exception {
        Path tar = exported(600, true);
        Verification.Verified verified = (Verification.Verified) verify(tar, OfflineVerifier.Known.nothing());
        assertThat(verified.head().size()).isEqualTo(602);
        assertThat(verified.payloads()).isEqualTo(401);
        assertThat(verified.erased()).isEqualTo(1);
        assertThat(verified.withheld()).isZero();
        assertThat(verified.lastEntryAt()).isPresent();
        assertThat(verify(unpacked(tar), OfflineVerifier.Known.nothing())).isEqualTo(verified);
    }

    @Test
    void anExportForOneOrganisationWithholdsTheOthersEntriesAndVerifies() throws Exception {
        Path tar = exported(30, false);
        Verification.Verified verified = (Verification.Verified) verify(tar, OfflineVerifier.Known.nothing());
        assertThat(verified.withheld()).isEqualTo(10);
        assertThat(Files.readString(tar, java.nio.charset.StandardCharsets.ISO_8859_1))
                .doesNotContain("bolt");
    }

    @Test
    void everyFlippedByteOfATarFileIsFound() throws Exception {
        byte[] original = Files.readAllBytes(exported(300, true));
        long seed = new Random().nextLong();
        var random = new Random(seed);
        Path damaged = folder.resolve("damaged.tar");
        for (int i = 0; i < 250; i++) {
            int at = random.nextInt(original.length);
            byte[] bytes = original.clone();
            bytes[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(damaged, bytes);
            assertThat(verify(damaged, OfflineVerifier.Known.nothing()))
                    .as("seed %d, byte %d", seed, at)
                    .isInstanceOf(Verification.Broken.class);
        }
        for (int length : new int[] {0, 511, original.length - 1, original.length / 2}) {
            Files.write(damaged, java.util.Arrays.copyOf(original, length));
            assertThat(verify(damaged, OfflineVerifier.Known.nothing())).isInstanceOf(Verification.Broken.class);
        }
    }

    @Test
    void everyFlippedByteOfAnUnpackedExportIsFoundAndEntriesAreNamed() throws Exception {
        Path copy = unpacked(exported(300, true));
        long seed = new Random().nextLong();
        var random = new Random(seed);
        java.util.List<Path> files;
        try (var all = Files.walk(copy)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        for (int i = 0; i < 120; i++) {
            Path file = files.get(random.nextInt(files.size()));
            byte[] original = Files.readAllBytes(file);
            byte[] bytes = original.clone();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, bytes);
            assertThat(verify(copy, OfflineVerifier.Known.nothing()))
                    .as("seed %d, file %s", seed, file)
                    .isInstanceOf(Verification.Broken.class);
            Files.write(file, original);
        }
        Path bundle = copy.resolve("tile/entries/000");
        byte[] bytes = Files.readAllBytes(bundle);
        int second = 2 + (((bytes[0] & 0xff) << 8) | (bytes[1] & 0xff));
        bytes[second + 2 + 40] ^= 1;
        Files.write(bundle, bytes);
        Verification.Broken broken = (Verification.Broken) verify(copy, OfflineVerifier.Known.nothing());
        assertThat(broken.firstBadEntry()).hasValue(1);
    }

    @Test
    void aRunningLedgerThatRewroteItsHistoryIsFoundByTheRememberedHead() throws Exception {
        Checkpoint seen;
        NoteKey key;
        try (var house = new LedgerFixture(folder.resolve("honest"))) {
            house.fill(260);
            seen = house.head();
            key = house.ledger.key();
            house.append(ANN, "thing/more", "later");
            house.awaitSize(261);
            assertThat(OfflineVerifier.server(
                            served(house), new OfflineVerifier.Known(Optional.of(key), Optional.of(seen)), _ -> {}))
                    .isInstanceOf(Verification.Verified.class);
        }
        Path forged = folder.resolve("forged");
        Files.createDirectories(forged.resolve("keys"));
        for (String name : new String[] {"master.key", "ledger.key"}) {
            Files.copy(
                    folder.resolve("honest/keys").resolve(name),
                    forged.resolve("keys").resolve(name));
        }
        try (var house = new LedgerFixture(forged)) {
            house.fill(261);
            assertThat(OfflineVerifier.server(served(house), OfflineVerifier.Known.nothing(), _ -> {}))
                    .isInstanceOf(Verification.Verified.class);
            Verification found = OfflineVerifier.server(
                    served(house), new OfflineVerifier.Known(Optional.of(key), Optional.of(seen)), _ -> {});
            assertThat(found.toString()).contains("history was rewritten");
        }
        try (var house = new LedgerFixture(folder.resolve("other"))) {
            Verification found = OfflineVerifier.server(
                    served(house), new OfflineVerifier.Known(Optional.of(key), Optional.empty()), _ -> {});
            assertThat(found.toString()).contains("not the one you expect");
        }
    }

    @Test
    void aPayloadThatIsGoneWithoutAnEntryOfItsErasureIsFound() throws Exception {
        Path tar = folder.resolve("export.tar");
        try (var house = new LedgerFixture(folder.resolve("house"))) {
            house.fill(4);
            String id = house.append(ANN, "thing/x", "to vanish");
            house.awaitSize(5);
            house.store.writeAndWait(tx -> house.journal.eraseBody(tx, "acme", id));
            write(house, tar, true);
        }
        Verification.Broken broken = (Verification.Broken) verify(tar, OfflineVerifier.Known.nothing());
        assertThat(broken.firstBadEntry()).hasValue(4);
        assertThat(broken.findings().getFirst().what()).contains("no entry records its erasure");
    }

    @Test
    void anEmptyLedgerVerifies() throws Exception {
        Path tar = folder.resolve("empty.tar");
        try (var house = new LedgerFixture(folder.resolve("house"))) {
            write(house, tar, true);
        }
        assertThat(verify(tar, OfflineVerifier.Known.nothing())).isInstanceOf(Verification.Verified.class);
    }

    private Path exported(int entries, boolean complete) throws IOException {
        Path tar = folder.resolve("export.tar");
        try (var house = new LedgerFixture(folder.resolve("house"))) {
            house.fill(entries);
            String id = house.append(ANN, "thing/erased", "to erase");
            house.ledger.erase(ANN, id, "test");
            house.awaitSize(entries + 2);
            write(house, tar, complete);
        }
        return tar;
    }

    private static void write(LedgerFixture house, Path tar, boolean complete) throws IOException {
        try (InputStream in = house.ledger.export("acme", complete)) {
            Files.copy(in, tar);
        }
    }

    private static OfflineVerifier.Source served(LedgerFixture house) {
        return path -> {
            if (path.equals("key")) {
                return Optional.of((house.ledger.key() + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
            }
            if (path.equals("checkpoint")) {
                return Optional.of(house.ledger.head().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            }
            String[] parts = path.split("/", 3);
            if (parts[0].equals("payloads")) {
                TilePath at = TilePath.parse(path.substring("payloads/".length()));
                return Optional.of(
                        house.ledger.reader().payloads(at, "acme", house.head().size()));
            }
            TilePath at = TilePath.parse(parts[2]);
            return parts[1].equals("entries")
                    ? house.ledger.reader().bundle(at, "acme", true)
                    : house.ledger.reader().tile(Integer.parseInt(parts[1]), at);
        };
    }

    private Path unpacked(Path tar) throws Exception {
        Path copy = Files.createDirectories(folder.resolve("copy"));
        Process untar = new ProcessBuilder("tar", "xf", tar.toString(), "-C", copy.toString())
                .inheritIO()
                .start();
        assertThat(untar.waitFor()).isZero();
        return copy;
    }

    private static Verification verify(Path copy, OfflineVerifier.Known known) throws IOException {
        return OfflineVerifier.copy(copy, known, _ -> {});
    }
}
