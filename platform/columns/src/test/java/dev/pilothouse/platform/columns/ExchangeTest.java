package dev.pilothouse.platform.columns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Columns of several processes, each with a folder of its own, that show one another what they sealed. */
class ExchangeTest {
    private static final Duration MONTH = Duration.ofDays(30);
    private static final Duration SOON = Duration.ofSeconds(15);
    private static final Signal POINTS = new Signal(
            "points",
            List.of(new Signal.Column("series", Signal.Type.LONG), new Signal.Column("value", Signal.Type.DOUBLE)));
    private final Instant began = Instant.now().truncatedTo(ChronoUnit.HOURS);
    private final long at = TimeUnit.SECONDS.toMicros(began.getEpochSecond());

    @TempDir
    private Path folder;

    private Path shared;
    private final AtomicReference<Instant> now = new AtomicReference<>(began);
    private final InstantSource clock = now::get;

    @BeforeEach
    void place() {
        shared = folder.resolve("shared");
    }

    @Test
    void eachSeesWhatTheOthersSealedAndItsOwnAtOnce() {
        try (DuckColumns one = open("one");
                DuckColumns two = open("two")) {
            append(one, "acme", 100);
            append(two, "acme", 20);
            append(two, "other", 3);
            assertThat(DuckColumnsTest.count(one, "acme")).isEqualTo(100);
            one.seal().join();
            two.seal().join();
            awaitCount(one, "acme", 120);
            awaitCount(two, "acme", 120);
            awaitCount(one, "other", 3);
            append(one, "acme", 1);
            one.seal().join();
            awaitCount(two, "acme", 121);
        }
    }

    @Test
    void rowsThatWereSealedBeforeTheFolderWasSharedAreShownToo() {
        try (DuckColumns alone = DuckColumns.open(ColumnsConfig.in(folder.resolve("one")), clock)) {
            append(alone, "acme", 50);
            alone.seal().join();
        }
        try (DuckColumns one = open("one");
                DuckColumns two = open("two")) {
            assertThat(DuckColumnsTest.count(one, "acme")).isEqualTo(50);
            two.define(POINTS, MONTH);
            awaitCount(two, "acme", 50);
        }
    }

    @Test
    void whatADeadProcessSealedStaysVisibleUntilItIsOld() throws IOException {
        try (DuckColumns one = open("one")) {
            append(one, "acme", 10);
        }
        assertThat(filesOf("one")).as("sealed and shown at its end").hasSize(1);
        try (DuckColumns two = open("two")) {
            two.define(POINTS, MONTH);
            awaitCount(two, "acme", 10);
            now.set(began.plus(Duration.ofDays(40)));
            awaitCount(two, "acme", 0);
            await("its part of the folder is removed")
                    .atMost(SOON)
                    .until(() -> filesOf("one").isEmpty());
        }
    }

    @Test
    void aQueryNeverSeesRowsTwiceOrMissesThemWhileAnotherProcessMerges() throws IOException {
        try (DuckColumns one = open("one");
                DuckColumns two = open("two")) {
            two.define(POINTS, MONTH);
            append(one, "acme", 1);
            one.seal().join();
            awaitCount(two, "acme", 1);
            long last = 1;
            for (int seals = 2; seals <= 40; seals++) {
                append(one, "acme", 1);
                one.seal().join();
                long seen = DuckColumnsTest.count(two, "acme");
                assertThat(seen).isBetween(last, (long) seals);
                last = seen;
            }
            awaitCount(two, "acme", 40);
            assertThat(filesOf("one")).as("what was merged stays a while").hasSizeGreaterThan(sealed("one"));
            now.set(began.plus(Exchange.LINGER).plusSeconds(1));
            await().atMost(SOON).until(() -> filesOf("one").size() == sealed("one"));
            assertThat(DuckColumnsTest.count(two, "acme")).isEqualTo(40);
        }
    }

    @Test
    void aQueryIsTriedAgainWhereAFileItKnewIsGone() throws Exception {
        try (DuckColumns two = open("two")) {
            two.define(POINTS, MONTH);
            try (DuckColumns one = open("one")) {
                append(one, "acme", 5);
                one.seal().join();
                awaitCount(two, "acme", 5);
            }
            Path part = partOf("one");
            for (Path file : filesOf("one")) {
                Files.delete(file);
            }
            Files.delete(part.resolve(ColumnsCopy.MANIFEST));
            assertThat(DuckColumnsTest.count(two, "acme")).isZero();
        }
    }

    @Test
    void anEmptiedFolderIsFilledAgain() throws Exception {
        try (DuckColumns one = open("one");
                DuckColumns two = open("two")) {
            append(one, "acme", 5);
            one.seal().join();
            two.define(POINTS, MONTH);
            awaitCount(two, "acme", 5);
            Files.delete(partOf("one").resolve(ColumnsCopy.MANIFEST));
            for (Path file : filesOf("one")) {
                Files.delete(file);
            }
            await().atMost(SOON).until(() -> filesOf("one").size() == 1);
            awaitCount(two, "acme", 5);
        }
    }

    @Test
    void anotherProcessesUnreadableListAndAnUnreachableFolderTakeNothingFromThisOne() throws Exception {
        Path broken = Files.createDirectories(shared.resolve("broken"));
        Files.writeString(broken.resolve(ColumnsCopy.MANIFEST), "{");
        try (DuckColumns one = open("one")) {
            append(one, "acme", 5);
            one.seal().join();
            await().atMost(SOON).until(() -> !filesOf("one").isEmpty());
            assertThat(DuckColumnsTest.count(one, "acme")).isEqualTo(5);
        }
        Files.writeString(folder.resolve("file"), "");
        var nowhere = ColumnsConfig.in(folder.resolve("three")).withExchange(folder.resolve("file"));
        try (DuckColumns three = DuckColumns.open(nowhere, clock)) {
            append(three, "acme", 7);
            three.seal().join();
            assertThat(DuckColumnsTest.count(three, "acme")).isEqualTo(7);
        }
    }

    @Test
    void aCopyHoldsTheOthersRowsToo() throws Exception {
        Path copied = folder.resolve("copied");
        try (DuckColumns one = open("one");
                DuckColumns two = open("two")) {
            append(one, "acme", 30);
            append(two, "acme", 4);
            two.seal().join();
            one.define(POINTS, MONTH);
            awaitCount(one, "acme", 34);
            try (ColumnsCopy copy = one.copy().join()) {
                Files.createDirectories(copied);
                Files.write(copied.resolve(ColumnsCopy.MANIFEST), copy.manifest());
                for (String name : copy.names()) {
                    Path to = copied.resolve(ColumnsCopy.PARQUET).resolve(name);
                    Files.createDirectories(to.resolveSibling(""));
                    Files.copy(copy.file(name), to);
                }
            }
        }
        try (DuckColumns again = DuckColumns.open(ColumnsConfig.in(copied), clock)) {
            assertThat(DuckColumnsTest.count(again, "acme")).isEqualTo(34);
        }
    }

    private DuckColumns open(String name) {
        return DuckColumns.open(ColumnsConfig.in(folder.resolve(name)).withExchange(shared), clock);
    }

    private void append(DuckColumns columns, String tenant, int count) {
        columns.define(POINTS, MONTH);
        columns.append(tenant, "points", DuckColumnsTest.points(at, count)).join();
        columns.flush().join();
    }

    private static void awaitCount(DuckColumns columns, String tenant, long count) {
        await().atMost(SOON).until(() -> DuckColumnsTest.count(columns, tenant) == count);
    }

    private Path partOf(String name) throws IOException {
        return shared.resolve(Files.readString(folder.resolve(name).resolve("exchange-name")));
    }

    /** How many sealed files a process has itself. */
    private int sealed(String name) throws IOException {
        return filesBelow(folder.resolve(name).resolve(ColumnsCopy.PARQUET)).size();
    }

    private List<Path> filesOf(String name) throws IOException {
        return filesBelow(partOf(name).resolve(ColumnsCopy.PARQUET));
    }

    private static List<Path> filesBelow(Path parquet) throws IOException {
        if (!Files.isDirectory(parquet)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(parquet)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }
}
