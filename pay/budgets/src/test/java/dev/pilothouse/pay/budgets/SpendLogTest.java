package dev.pilothouse.pay.budgets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.platform.segments.Durability;
import dev.pilothouse.platform.segments.Position;
import dev.pilothouse.platform.segments.SegmentConfig;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpendLogTest {
    /** Never synced but where it is asked for. */
    private static final SegmentConfig UNSYNCED = new SegmentConfig(1 << 20, Durability.WRITE, Duration.ofHours(1));

    private static final Account.Key ACCOUNT = new Account.Key("team", 0);

    @TempDir
    Path folder;

    private static Hold hold(long number, long ceiling) {
        var account = new Account(ACCOUNT, Unit.NANO_USD, 0);
        return new Hold(number, List.of(new Hold.Part(account, Unit.NANO_USD, ceiling)), 0, new Amounts(ceiling, 0, 0));
    }

    private static SpendLog open(Path log) {
        return new SpendLog(log, UNSYNCED, InstantSource.system());
    }

    private static void end(SpendLog spend, Hold hold, long cost) {
        spend.end(hold, new Amounts(cost, 0, 0), new byte[0]).join();
    }

    private static long charged(SpendLog.Rest rest) {
        return rest.charges().stream().mapToLong(SqlTreasury.Charge::amount).sum();
    }

    /** What a disk holds after the power went: the synced records, and none of those after. */
    private static Path afterPowerLoss(Path log, Position synced, Path copy) throws IOException {
        Files.createDirectories(copy);
        try (Stream<Path> files = Files.list(log)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (!name.endsWith(".seg")) {
                    Files.copy(file, copy.resolve(name));
                } else if (Long.parseLong(name.substring(0, 12)) <= synced.segment()) {
                    Files.copy(file, copy.resolve(name));
                }
            }
        }
        Path last = copy.resolve("%012d.seg".formatted(synced.segment()));
        try (FileChannel channel = FileChannel.open(last, StandardOpenOption.WRITE)) {
            channel.truncate(synced.offset());
        }
        return copy;
    }

    @Test
    void aReportIsOnlySentOnceItsMarkAndAllBeforeSurvivePowerLoss() throws IOException {
        Path copy;
        try (SpendLog spend = open(folder.resolve("log"))) {
            spend.run("one").join();
            Hold first = hold(1, 1_000);
            spend.begin(first, new byte[0]).join();
            spend.mark(1).join();
            end(spend, first, 300);
            spend.mark(2).join();
            Hold second = hold(2, 500);
            spend.begin(second, new byte[0]).join();
            end(spend, second, 70);
            copy = afterPowerLoss(folder.resolve("log"), spend.synced(), folder.resolve("copy"));
        }
        try (SpendLog again = open(copy)) {
            // The database has taken report 2, which told of the 300; what came after the mark was not synced.
            SpendLog.Rest rest = again.rests(_ -> 2L).getFirst();
            assertThat(rest.bounded()).isZero();
            assertThat(charged(rest)).isZero();
        }
    }

    @Test
    void aReportIsNotSentWhileTheLogLacksAnEndThatItCovers() throws Exception {
        Path disk = Files.createDirectories(folder.resolve("disk"));
        Assumptions.assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=131072", "tmpfs", disk.toString()) == 0,
                "a full disk cannot be tried: mounting a tmpfs is not allowed here");
        try {
            Path filler = disk.resolve("filler");
            try (SpendLog spend = open(disk.resolve("log"))) {
                spend.run("one").join();
                Hold first = hold(1, 1_000);
                spend.begin(first, new byte[0]).join();
                fill(filler);
                // Larger than what is left of the log's last page.
                var end = spend.end(first, new Amounts(300, 0, 0), new byte[9_000]);
                assertThatThrownBy(end::join).hasMessageContaining("disk is full");
                // A mark is small enough for that page, but for the call's end it must wait.
                assertThatThrownBy(spend.mark(1)::join).isNotNull();
                Files.delete(filler);
                spend.mark(2).join();
            }
            try (SpendLog again = open(disk.resolve("log"))) {
                SpendLog.Rest rest = again.rests(_ -> 2L).getFirst();
                assertThat(rest.bounded()).isZero();
                assertThat(charged(rest)).isZero();
            }
        } finally {
            run("umount", disk.toString());
        }
    }

    @Test
    void whatNoReportHasToldStaysInTheLogThoughAllIsMoved() {
        Path log = folder.resolve("log");
        SegmentConfig small = UNSYNCED.withSegmentBytes(1024);
        Path oldest = log.resolve("000000000001.seg");
        try (SpendLog spend = new SpendLog(log, small, InstantSource.system())) {
            spend.run("one").join();
            calls(spend, 1, 30, 7);
            spend.mark(1).join();
            calls(spend, 31, 60, 5);
            moveAll(spend.ended());
            assertThat(oldest).exists();

            spend.taken(1);
            moveAll(spend.ended());
            assertThat(oldest).doesNotExist();
        }
        try (SpendLog again = new SpendLog(log, small, InstantSource.system())) {
            assertThat(again.ended().start().segment()).isGreaterThan(1);
            SpendLog.Rest rest = again.rests(_ -> 1L).getFirst();
            assertThat(rest.server()).isEqualTo("one");
            assertThat(charged(rest)).isEqualTo(30 * 5);
        }
    }

    @Test
    void aCallKeepsItsBeginInTheLogUntilItsEndIsReported() {
        Path log = folder.resolve("log");
        SegmentConfig small = UNSYNCED.withSegmentBytes(1024);
        try (SpendLog spend = new SpendLog(log, small, InstantSource.system())) {
            spend.run("one").join();
            Hold slow = hold(1, 1_000);
            spend.begin(slow, new byte[0]).join();
            calls(spend, 2, 60, 5);
            spend.mark(1).join();
            spend.taken(1);
            end(spend, slow, 9);
            moveAll(spend.ended());
        }
        try (SpendLog again = new SpendLog(log, small, InstantSource.system())) {
            assertThat(charged(again.rests(_ -> 1L).getFirst())).isEqualTo(9);
        }
    }

    private static void calls(SpendLog spend, int first, int last, long cost) {
        for (int number = first; number <= last; number++) {
            Hold hold = hold(number, 1_000);
            spend.begin(hold, new byte[0]).join();
            end(spend, hold, cost);
        }
    }

    private static void moveAll(EndedCalls calls) {
        calls.moved(calls.next(1_000));
        calls.parts().forEach(calls::release);
        calls.moved(calls.next(1_000));
    }

    private static void fill(Path file) throws IOException {
        try (var out = Files.newOutputStream(file)) {
            byte[] page = new byte[4096];
            while (true) {
                out.write(page);
            }
        } catch (IOException full) {
            assertThat(Files.size(file)).isPositive();
        }
    }

    private static int run(String... command) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .start()
                .onExit()
                .join()
                .exitValue();
    }

    @Test
    void aCallWithoutAnEndIsLostOnceAndChargedItsCeilingHoweverOftenTheLogIsOpened() {
        Path log = folder.resolve("log");
        try (SpendLog spend = open(log)) {
            spend.run("one").join();
            spend.begin(hold(1, 1_000), new byte[] {1}).join();
            Hold second = hold(2, 500);
            spend.begin(second, new byte[] {2}).join();
            end(spend, second, 70);
        }
        for (int i = 0; i < 3; i++) {
            try (SpendLog again = open(log)) {
                SpendLog.Rest rest = again.rests(_ -> 0L).getFirst();
                assertThat(charged(rest)).isEqualTo(1_070);
                assertThat(rest.bounded()).isEqualTo(1);
            }
        }
        try (SpendLog again = open(log)) {
            var _ = again.rests(_ -> 0L);
            List<EndedCalls.Call> calls = again.ended().next(10).calls();
            assertThat(calls).extracting(call -> call.cost().nanoUsd()).containsExactly(70L, 1_000L);
            assertThat(calls).extracting(EndedCalls.Call::lost).containsExactly(false, true);
        }
    }
}
