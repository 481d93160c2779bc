package dev.pilothouse.platform.blobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileBlobsTest {
    private static final long SEED = 20261121;
    private static final Duration GRACE = Duration.ofHours(1);

    @TempDir
    Path folder;

    private final AtomicReference<Instant> now =
            new AtomicReference<>(InstantSource.system().instant());
    private final InstantSource clock = now::get;

    @Test
    void theSameBytesAreStoredOnce() throws Exception {
        Blobs blobs = open();
        Blobs.Stored first = blobs.put(text("hello"));
        long files = files();
        assertThat(blobs.put(text("hello"))).isEqualTo(first);
        assertThat(first.digest()).isEqualTo(Digest.of("hello"));
        assertThat(files()).isEqualTo(files);
        assertThat(blobs.size(first.digest())).contains(5L);
        assertThat(blobs.bytes(first.digest())).isEqualTo(text("hello"));
        assertThat(blobs.put(new byte[0]).size()).isZero();
        assertThat(blobs.bytes(Digest.of(""))).isEmpty();
    }

    @Test
    void nothingIsVisibleOfABlobThatIsNotCommitted() throws Exception {
        Blobs blobs = open();
        try (Blobs.Writer writer = blobs.writer()) {
            writer.write(random(9 << 20, 3));
        }
        assertThat(files()).isZero();
        assertThat(blobs.size(Digest.of(random(9 << 20, 3)))).isEmpty();
    }

    @Test
    void anUnknownBlobIsNotFound() {
        assertThatThrownBy(() -> open().open(Digest.of("nowhere")))
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(CommonError.NOT_FOUND));
    }

    @Test
    void aBigBlobWithAnInsertedByteSharesMostOfItsBytes() throws Exception {
        Blobs blobs = open();
        byte[] old = random(24 << 20, 5);
        byte[] changed = new byte[old.length + 1];
        System.arraycopy(old, 0, changed, 0, 11_000_000);
        changed[11_000_000] = 42;
        System.arraycopy(old, 11_000_000, changed, 11_000_001, old.length - 11_000_000);
        blobs.put(old);
        long before = storedBytes();
        Blobs.Stored version = blobs.put(new ByteArrayInputStream(changed));
        assertThat(storedBytes() - before).isLessThan(9 << 20);
        assertThat(blobs.bytes(version.digest())).isEqualTo(changed);
        assertThat(blobs.bytes(Digest.of(old))).isEqualTo(old);
        assertThat(blobs.size(version.digest())).contains((long) changed.length);
    }

    @Test
    void rangesCrossChunks() throws Exception {
        Blobs blobs = open();
        byte[] bytes = random(13 << 20, 6);
        Digest digest = blobs.put(bytes).digest();
        var random = new Random(SEED);
        for (int i = 0; i < 30; i++) {
            int offset = random.nextInt(bytes.length + 1);
            int length = random.nextInt(4 << 20);
            try (InputStream in = blobs.open(digest, offset, length)) {
                assertThat(in.readAllBytes())
                        .as("%d bytes from %d", length, offset)
                        .isEqualTo(Arrays.copyOfRange(bytes, offset, Math.min(bytes.length, offset + length)));
            }
        }
        try (InputStream in = blobs.open(digest, bytes.length + 5L, 10)) {
            assertThat(in.read()).isEqualTo(-1);
        }
    }

    @Test
    void aDamagedBlobIsNamedByItsDigestAndMendedByStoringItAgain() throws Exception {
        Blobs blobs = open();
        byte[] bytes = random(6 << 20, 7);
        Digest digest = blobs.put(bytes).digest();
        Path chunk = storedFiles().stream()
                .filter(f -> !f.toString().endsWith(".manifest"))
                .findFirst()
                .orElseThrow();
        byte[] damaged = Files.readAllBytes(chunk);
        damaged[100] ^= 1;
        Files.write(chunk, damaged);
        assertThatThrownBy(() -> blobs.bytes(digest))
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(BlobError.BLOB_CORRUPT))
                .hasMessageContaining(digest.toString())
                .hasMessageNotContaining(folder.toString());
        blobs.put(bytes);
        assertThat(blobs.bytes(digest)).isEqualTo(bytes);
    }

    @Test
    void aBlobNothingRefersToIsCollectedAfterTheGracePeriod() throws Exception {
        Blobs blobs = open();
        byte[] big = random(9 << 20, 8);
        Digest kept = blobs.put(big).digest();
        Digest lost = blobs.put(text("lost")).digest();
        assertThat(blobs.collect(() -> Stream.of(kept))).as("too young").isZero();
        pass(GRACE.plusSeconds(1));
        Digest young = blobs.put(text("young")).digest();
        assertThat(blobs.collect(() -> Stream.of(kept))).isEqualTo(4);
        assertThat(blobs.size(lost)).isEmpty();
        assertThat(blobs.bytes(kept)).isEqualTo(big);
        assertThat(blobs.bytes(young)).isEqualTo(text("young"));
        assertThat(blobs.collect(Stream::empty)).isGreaterThanOrEqualTo(big.length);
        assertThat(blobs.size(kept)).isEmpty();
    }

    @Test
    void storingABlobAgainWhileItIsCollectedKeepsIt() throws Exception {
        Blobs blobs = open();
        byte[] big = random(6 << 20, 9);
        Digest digest = blobs.put(big).digest();
        pass(GRACE.plusSeconds(1));
        blobs.collect(() -> {
            // Between the listing and the deletion somebody stores the same bytes and refers to them later.
            assertThat(put(blobs, big)).isEqualTo(digest);
            return Stream.empty();
        });
        assertThat(blobs.bytes(digest)).isEqualTo(big);
    }

    @Test
    void concurrentWritersAndACollectorNeverLoseWhatWasJustStored() throws Exception {
        Blobs blobs = open();
        List<byte[]> contents = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            contents.add(text("content " + i));
        }
        try (var threads = Executors.newFixedThreadPool(3)) {
            for (int round = 0; round < 60; round++) {
                for (byte[] content : contents) {
                    blobs.put(content);
                }
                pass(GRACE.plusSeconds(1));
                Callable<Void> writer = () -> {
                    for (byte[] content : contents) {
                        Digest digest = blobs.put(content).digest();
                        assertThat(blobs.bytes(digest)).isEqualTo(content);
                    }
                    return null;
                };
                var collector = threads.submit(() -> blobs.collect(Stream::empty));
                for (var ended : threads.invokeAll(List.of(writer, writer))) {
                    ended.get();
                }
                collector.get();
            }
        }
    }

    @Test
    void randomOperationsAgreeWithAMap() throws Exception {
        System.out.println("seed " + SEED);
        var random = new Random(SEED);
        Blobs blobs = open();
        Map<Digest, byte[]> model = new HashMap<>();
        var referenced = new HashSet<Digest>();
        byte[] base = random(10 << 20, 10);
        for (int step = 0; step < 120; step++) {
            switch (random.nextInt(6)) {
                case 0, 1 -> {
                    byte[] bytes = random(random.nextInt(2_000), random.nextInt(20));
                    Digest digest = blobs.put(bytes).digest();
                    model.put(digest, bytes);
                    referenced.add(digest);
                }
                case 2 -> {
                    byte[] bytes = Arrays.copyOfRange(base, random.nextInt(3 << 20), base.length);
                    Digest digest = blobs.put(bytes).digest();
                    model.put(digest, bytes);
                    referenced.add(digest);
                }
                case 3 -> {
                    if (!referenced.isEmpty()) {
                        referenced.remove(pick(referenced, random));
                    }
                    pass(Duration.ofMinutes(random.nextInt(50)));
                }
                case 4 -> {
                    blobs.collect(() -> List.copyOf(referenced).stream());
                    model.keySet().removeIf(d -> !referenced.contains(d) && size(blobs, d) < 0);
                }
                default -> {
                    if (!model.isEmpty()) {
                        Digest digest = pick(model.keySet(), random);
                        byte[] bytes = known(model, digest);
                        int offset = random.nextInt(bytes.length + 1);
                        try (InputStream in = blobs.open(digest, offset, 1_000_000)) {
                            assertThat(in.readAllBytes())
                                    .as("seed %d step %d", SEED, step)
                                    .isEqualTo(Arrays.copyOfRange(
                                            bytes, offset, Math.min(bytes.length, offset + 1_000_000)));
                        }
                    }
                }
            }
            for (Digest digest : referenced) {
                assertThat(size(blobs, digest))
                        .as("seed %d step %d", SEED, step)
                        .isEqualTo(known(model, digest).length);
            }
        }
        for (Digest digest : referenced) {
            assertThat(blobs.bytes(digest)).isEqualTo(known(model, digest));
        }
        pass(GRACE.multipliedBy(2));
        blobs.collect(Stream::empty);
        assertThat(storedFiles()).isEmpty();
    }

    @Test
    void whatADeadWriterLeftIsRemovedOnceItIsOld() throws Exception {
        open();
        Path left = Files.createDirectories(folder.resolve("tmp/writer-1"));
        Files.write(left.resolve("half"), text("half"));
        Path young = Files.createDirectories(folder.resolve("tmp/writer-2"));
        Files.setLastModifiedTime(left, FileTime.from(now.get().minus(GRACE).minusSeconds(1)));
        open();
        assertThat(left).doesNotExist();
        assertThat(young).exists();
    }

    @Test
    void aFullDiskRefusesTheBlobAndKeepsNothingOfIt() throws Exception {
        Path small = Files.createDirectories(folder.resolve("small"));
        Assumptions.assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small.toString()) == 0,
                "a full disk cannot be tried: mounting a tmpfs is not allowed here");
        try {
            Blobs blobs = FileBlobs.open(small, clock, GRACE);
            byte[] fits = random(3 << 20, 12);
            blobs.put(fits);
            assertThatThrownBy(() -> blobs.put(random(7 << 20, 13)))
                    .isInstanceOfSatisfying(
                            PilothouseException.class, e -> assertThat(e.code()).isEqualTo(CommonError.OUT_OF_SPACE));
            assertThat(regular(small)).hasSize(1);
            assertThat(blobs.bytes(Digest.of(fits))).isEqualTo(fits);
            assertThat(blobs.put(random(3 << 20, 14)).size()).isEqualTo(3 << 20);
        } finally {
            run("umount", small.toString());
        }
    }

    private Blobs open() {
        return FileBlobs.open(folder, clock, GRACE);
    }

    private void pass(Duration duration) {
        now.updateAndGet(t -> t.plus(duration));
    }

    private static Digest put(Blobs blobs, byte[] bytes) {
        try {
            return blobs.put(bytes).digest();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static byte[] known(Map<Digest, byte[]> model, Digest digest) {
        return java.util.Objects.requireNonNull(model.get(digest));
    }

    private static long size(Blobs blobs, Digest digest) {
        return blobs.size(digest).orElse(-1L);
    }

    private static Digest pick(java.util.Set<Digest> from, Random random) {
        return from.stream()
                .sorted(java.util.Comparator.comparing(Digest::hex))
                .skip(random.nextInt(from.size()))
                .findFirst()
                .orElseThrow();
    }

    private static byte[] random(int length, long seed) {
        var bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private List<Path> storedFiles() throws IOException {
        return regular(folder);
    }

    private static List<Path> regular(Path top) throws IOException {
        try (Stream<Path> all = Files.walk(top)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }

    private long files() throws IOException {
        return storedFiles().size();
    }

    private long storedBytes() throws IOException {
        long bytes = 0;
        for (Path file : storedFiles()) {
            bytes += Files.size(file);
        }
        return bytes;
    }

    private static int run(String... command) {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .start()
                    .onExit()
                    .join()
                    .exitValue();
        } catch (IOException absent) {
            return -1;
        }
    }
}
