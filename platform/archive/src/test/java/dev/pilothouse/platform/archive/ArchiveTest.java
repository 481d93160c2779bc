package dev.pilothouse.platform.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveTest {
    private static final long SEED = Long.getLong("seed", System.nanoTime());

    private final List<String> closed = new ArrayList<>();

    @Test
    void whatWentInComesOut() throws IOException {
        System.out.println("archive seed " + SEED);
        var random = new Random(SEED);
        var parts = new LinkedHashMap<String, byte[]>();
        for (int i = 0; i < 3 * Index.LINES / 2; i++) {
            byte[] content = new byte[random.nextInt(1200)];
            random.nextBytes(content);
            parts.put("folder/" + i, content);
        }
        byte[] archive = write(parts);
        var found = new LinkedHashMap<String, byte[]>();
        try (var reader = new ArchiveReader(new ByteArrayInputStream(archive))) {
            for (var part = reader.next(); part.isPresent(); part = reader.next()) {
                found.put(part.get().name(), part.get().bytes(2000));
            }
        }
        assertThat(found.keySet()).containsExactlyElementsOf(parts.keySet());
        parts.forEach((name, content) -> assertThat(found.get(name)).isEqualTo(content));
        assertThat(closed).containsExactly("source");
    }

    @Test
    void ordinaryTarListsIt(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("a.tar");
        Files.write(file, write(Map.of("state/one", new byte[700])));
        Process tar = new ProcessBuilder("tar", "tvf", file.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(tar.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(tar.waitFor()).as(said).isZero();
        assertThat(said)
                .contains("700")
                .contains("state/one")
                .contains("index/1")
                .contains("end");
    }

    @Test
    void anArchiveOfNothingIsWhole() throws IOException {
        assertThat(verify(write(Map.of()))).isZero();
    }

    @Test
    void everyCutIsFound() throws IOException {
        byte[] archive = write(Map.of("one", new byte[600], "two", new byte[10]));
        for (int length = 0; length < archive.length; length += 100) {
            byte[] cut = Arrays.copyOf(archive, length);
            assertThatThrownBy(() -> verify(cut))
                    .as("cut at " + length)
                    .isInstanceOfSatisfying(
                            PilothouseException.class,
                            e -> assertThat(e.code()).isEqualTo(ArchiveError.ARCHIVE_DAMAGED));
        }
    }

    @Test
    void everyChangedByteIsFound() throws IOException {
        byte[] archive = write(Map.of("one", "some content".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        for (int at = 0; at < archive.length; at++) {
            byte[] changed = archive.clone();
            changed[at] ^= 0x40;
            assertThatThrownBy(() -> verify(changed))
                    .as("byte " + at)
                    .isInstanceOf(PilothouseException.class)
                    .hasMessageContaining("damaged");
        }
    }

    @Test
    void theDamagedPartIsNamed() throws IOException {
        var parts = new LinkedHashMap<String, byte[]>();
        parts.put("state/one", new byte[512]);
        parts.put("state/two", new byte[512]);
        byte[] archive = write(parts);
        archive[3 * 512 + 5] = 1;
        assertThatThrownBy(() -> verify(archive)).hasMessageContaining("'state/two'");
    }

    @Test
    void aPartThatShrinksWhileItIsReadBreaksTheStream() {
        var part = new Part("one", 10, new ByteArrayInputStream(new byte[9]));
        assertThatThrownBy(() -> stream(List.of(part).iterator()).readAllBytes())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("'one'");
    }

    private static int verify(byte[] archive) throws IOException {
        int parts = 0;
        try (var reader = new ArchiveReader(new ByteArrayInputStream(archive))) {
            while (reader.next().isPresent()) {
                parts++;
            }
        }
        return parts;
    }

    private byte[] write(Map<String, byte[]> parts) throws IOException {
        try (var stream = stream(parts.entrySet().stream()
                .map(e -> Part.of(e.getKey(), e.getValue()))
                .iterator())) {
            return stream.readAllBytes();
        }
    }

    private ArchiveStream stream(Iterator<Part> parts) {
        return new ArchiveStream(new ArchiveStream.Source() {
            @Override
            public Optional<Part> next() {
                return parts.hasNext() ? Optional.of(parts.next()) : Optional.empty();
            }

            @Override
            public void close() {
                closed.add("source");
            }
        });
    }
}
