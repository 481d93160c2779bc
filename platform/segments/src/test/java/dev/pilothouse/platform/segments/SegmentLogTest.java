package dev.pilothouse.platform.segments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SegmentLogTest {
    private static final InstantSource CLOCK = InstantSource.system();

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(Durability.class)
    void recordsOfManyThreadsComeBackOnceEachAndInTheOrderOfTheirPositions(Durability durability) throws Exception {
        SegmentConfig config = SegmentConfig.STANDARD.withSegmentBytes(20_000).withDurability(durability);
        var appended = Collections.synchronizedList(new ArrayList<String>());
        try (SegmentLog log = open(config)) {
            var threads = new ArrayList<Thread>();
            for (int t = 0; t < 8; t++) {
                int thread = t;
                threads.add(Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < 300; i++) {
                        String text = thread + "/" + i + "/" + "x".repeat(i % 50);
                        Position at = log.append(text.getBytes(StandardCharsets.UTF_8))
                                .join();
                        appended.add(at + " " + text);
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(read(log)).containsExactlyInAnyOrderElementsOf(appended);
            log.roll().join();
            assertThat(log.sealed()).hasSizeGreaterThan(2);
        }
        try (SegmentLog again = open(config)) {
            assertThat(read(again)).containsExactlyInAnyOrderElementsOf(appended);
            assertThat(again.append(bytes("one more")).join()).isGreaterThan(Position.START);
            assertThat(read(again)).hasSize(appended.size() + 1);
        }
    }

    @Test
    void interruptsOfWhoAppendsLoseNothingAndAreKept() throws Exception {
        try (SegmentLog log = open(SegmentConfig.STANDARD.withSegmentBytes(20_000))) {
            var appended = new ConcurrentLinkedQueue<CompletableFuture<Position>>();
            var kept = new ConcurrentLinkedQueue<Boolean>();
            List<Thread> threads = Stream.generate(() -> Thread.ofPlatform().unstarted(() -> {
                        for (int i = 0; i < 500; i++) {
                            Thread.currentThread().interrupt();
                            appended.add(log.append(new byte[100]));
                            kept.add(Thread.interrupted());
                        }
                    }))
                    .limit(3)
                    .toList();
            threads.forEach(Thread::start);
            while (threads.stream().anyMatch(Thread::isAlive)) {
                threads.forEach(Thread::interrupt);
                Thread.onSpinWait();
            }
            // Some wait for the writer's thread; only what is acknowledged is synced.
            appended.forEach(CompletableFuture::join);
            log.sync().get();
            assertThat(kept).containsOnly(true);
            assertThat(read(log)).hasSize(1_500);
        }
    }

    @Test
    void aRecordBiggerThanTheWriteBufferOrTheSegmentIsKeptWhole() throws Exception {
        var big = new byte[3 << 20];
        new Random(11).nextBytes(big);
        try (SegmentLog log = open(SegmentConfig.STANDARD.withSegmentBytes(1 << 20))) {
            log.append(bytes("small")).join();
            log.append(big).join();
            log.append(bytes("after")).join();
            var digests = new ArrayList<Digest>();
            log.replay(Position.START, (_, payload) -> {
                digests.add(Digest.of(copy(payload)));
                return true;
            });
            assertThat(digests).containsExactly(Digest.of("small"), Digest.of(big), Digest.of("after"));
        }
    }

    @Test
    void aTailTornAtAnyByteLosesOnlyItsLastRecord() throws Exception {
        Path file;
        long lastBegins;
        try (SegmentLog log = open(SegmentConfig.STANDARD)) {
            log.append(bytes("first")).join();
            log.append(bytes("second")).join();
            lastBegins = log.append(bytes("third, which is torn")).join().offset();
            file = folder.resolve("000000000001.seg");
        }
        byte[] whole = Files.readAllBytes(file);
        for (int length = (int) lastBegins; length <= whole.length; length++) {
            Files.write(file, java.util.Arrays.copyOf(whole, length));
            int expected = length == whole.length ? 3 : 2;
            try (SegmentLog log = open(SegmentConfig.STANDARD)) {
                assertThat(read(log)).as("cut to %d bytes", length).hasSize(expected);
                log.append(bytes("new")).join();
                assertThat(read(log)).hasSize(expected + 1).last().asString().endsWith("new");
            }
            Files.write(file, whole);
        }
    }

    @Test
    void aFileCutWithinItsHeaderStartsAgain() throws Exception {
        open(SegmentConfig.STANDARD).close();
        Path file = folder.resolve("000000000001.seg");
        byte[] header = Files.readAllBytes(file);
        for (int length = 0; length < header.length; length++) {
            Files.write(file, java.util.Arrays.copyOf(header, length));
            try (SegmentLog log = open(SegmentConfig.STANDARD)) {
                assertThat(read(log)).isEmpty();
            }
            assertThat(file).hasBinaryContent(header);
        }
    }

    @Test
    void damageInASealedSegmentIsReportedWithFileAndOffset() throws Exception {
        long second;
        try (SegmentLog log = open(SegmentConfig.STANDARD)) {
            log.append(bytes("first")).join();
            second = log.append(bytes("second")).join().offset();
            log.append(bytes("third")).join();
            log.roll().join();
            log.append(bytes("fourth")).join();
        }
        flip(folder.resolve("000000000001.seg"), second + Frame.HEADER);
        try (SegmentLog log = open(SegmentConfig.STANDARD)) {
            assertThatThrownBy(() -> read(log))
                    .isInstanceOfSatisfying(
                            PilothouseException.class, e -> assertThat(e.code()).isEqualTo(SegmentError.CORRUPT))
                    .hasMessageContaining("000000000001.seg")
                    .hasMessageContaining("offset " + second);
        }
    }

    @Test
    void damageBeforeTheEndOfTheOpenSegmentKeepsTheCutBytesBeside() throws Exception {
        long second;
        try (SegmentLog log = open(SegmentConfig.STANDARD)) {
            log.append(bytes("first")).join();
            second = log.append(bytes("second")).join().offset();
            log.append(bytes("third")).join();
        }
        flip(folder.resolve("000000000001.seg"), second + Frame.HEADER);
        try (SegmentLog log = open(SegmentConfig.STANDARD)) {
            assertThat(read(log)).hasSize(1);
        }
        assertThat(folder.resolve("000000000001.seg.cut-" + second)).exists();
    }

    @Test
    void aSealedSegmentsDigestIsThatOfItsFile() throws Exception {
        var config = SegmentConfig.STANDARD;
        try (SegmentLog log = open(config)) {
            log.append(bytes("one")).join();
            Position next = log.roll().join();
            assertThat(next.segment()).isEqualTo(2);
            assertThat(log.roll().join()).as("an empty segment is not rolled").isEqualTo(next);
            log.append(bytes("two")).join();
        }
        Files.delete(folder.resolve("000000000001.seal"));
        try (SegmentLog log = open(config)) {
            log.append(bytes("three")).join();
            log.roll().join();
            assertThat(log.sealed()).hasSize(2).allSatisfy(s -> {
                assertThat(s.digest()).isEqualTo(Digest.of(Files.readAllBytes(s.file())));
                assertThat(s.size()).isEqualTo(Files.size(s.file()));
            });
            assertThat(log.sealed().get(1).records()).isEqualTo(2);
        }
    }

    @Test
    void replayGoesOnWhereItStopped() throws Exception {
        try (SegmentLog log = open(SegmentConfig.STANDARD.withSegmentBytes(1024))) {
            var all = new ArrayList<CompletableFuture<Position>>();
            for (int i = 0; i < 200; i++) {
                all.add(log.append(bytes("record " + i)));
            }
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
            var seen = new ArrayList<String>();
            Position at = Position.START;
            while (log.bytesAfter(at) > 0) {
                at = log.replay(at, (_, payload) -> {
                    seen.add(text(payload));
                    return seen.size() % 7 != 0;
                });
            }
            assertThat(seen).hasSize(200).doesNotHaveDuplicates().last().isEqualTo("record 199");
        }
    }

    @Test
    void deletedSegmentsAreGoneAndTheirPositionsRefused() throws Exception {
        try (SegmentLog log = open(SegmentConfig.STANDARD)) {
            Position first = log.append(bytes("one")).join();
            log.roll().join();
            log.append(bytes("two")).join();
            assertThat(log.delete(2)).isPositive();
            assertThat(log.delete(99)).as("the open segment stays").isZero();
            assertThat(read(log)).singleElement().asString().endsWith("two");
            assertThatThrownBy(() -> log.replay(first, (_, _) -> true)).hasMessageContaining("no position");
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(f -> f.getFileName().toString()))
                    .containsExactlyInAnyOrder("LOCK", "000000000002.seg");
        }
    }

    @Test
    void aSyncThatIsAskedForCoversAllThatWasAcknowledgedBefore() throws Exception {
        var never = new SegmentConfig(4_000, Durability.WRITE, Duration.ofHours(1));
        var early = new ConcurrentLinkedQueue<String>();
        try (SegmentLog log = open(never)) {
            var threads = new ArrayList<Thread>();
            for (int t = 0; t < 4; t++) {
                threads.add(Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < 100; i++) {
                        Position at = log.append(new byte[100]).join();
                        Position synced = log.sync().join();
                        if (synced.compareTo(at) <= 0 || log.synced().compareTo(synced) < 0) {
                            early.add(at + " synced to " + synced);
                        }
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(early).isEmpty();
            assertThat(log.synced()).isEqualTo(log.end());
            log.append(bytes("unasked")).join();
            assertThat(log.synced()).isLessThan(log.end());
        }
    }

    @Test
    void aFolderHasOneOwner() {
        SegmentLog owner = open(SegmentConfig.STANDARD);
        try (owner) {
            assertThatThrownBy(() -> open(SegmentConfig.STANDARD))
                    .isInstanceOfSatisfying(
                            PilothouseException.class, e -> assertThat(e.code()).isEqualTo(SegmentError.FOLDER_IN_USE));
        }
        open(SegmentConfig.STANDARD).close();
        assertThat(owner.append(bytes("late"))).failsWithin(java.time.Duration.ofSeconds(1));
    }

    @Test
    void aFullDiskRefusesTheRecordAndLaterOnesAreKeptAgain() throws Exception {
        try (SmallDisk disk = SmallDisk.mount(folder.resolve("small"), 256 << 10)) {
            Path on = disk.folder().resolve("log");
            int kept = 0;
            try (SegmentLog log = SegmentLog.open(on, SegmentConfig.STANDARD, CLOCK)) {
                PilothouseException refusal = null;
                while (refusal == null) {
                    try {
                        log.append(new byte[10_000]).get();
                        kept++;
                    } catch (ExecutionException e) {
                        refusal = (PilothouseException) e.getCause();
                    }
                }
                assertThat(refusal.code()).isEqualTo(dev.pilothouse.kernel.CommonError.OUT_OF_SPACE);
                assertThat(count(log)).isEqualTo(kept);
                disk.grow(1 << 20);
                log.append(new byte[10_000]).join();
                assertThat(count(log)).isEqualTo(kept + 1);
            }
            try (SegmentLog log = SegmentLog.open(on, SegmentConfig.STANDARD, CLOCK)) {
                assertThat(count(log)).isEqualTo(kept + 1);
            }
        }
    }

    private SegmentLog open(SegmentConfig config) {
        return SegmentLog.open(folder, config, CLOCK);
    }

    private static List<String> read(SegmentLog log) throws IOException {
        var seen = new ArrayList<String>();
        log.replay(Position.START, (at, payload) -> {
            seen.add(at + " " + text(payload));
            return true;
        });
        return seen;
    }

    private static int count(SegmentLog log) throws IOException {
        return read(log).size();
    }

    private static void flip(Path file, long offset) throws IOException {
        try (var raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.seek(offset);
            int old = raw.read();
            raw.seek(offset);
            raw.write(old ^ 0x40);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] copy(ByteBuffer payload) {
        var bytes = new byte[payload.remaining()];
        payload.get(bytes);
        return bytes;
    }

    private static String text(ByteBuffer payload) {
        return new String(copy(payload), StandardCharsets.UTF_8);
    }
}
