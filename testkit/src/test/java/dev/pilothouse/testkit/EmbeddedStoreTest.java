package dev.pilothouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.ErrorCode;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.StoreError;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedStoreTest {
    @TempDir
    Path folder;

    private Store open() {
        return TestStore.sqlite(folder, StoreContract.PREFIX);
    }

    private static void refused(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call, ErrorCode code, String... words) {
        assertThatThrownBy(call).isInstanceOfSatisfying(PilothouseException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            assertThat(e.detail()).contains(words);
        });
    }

    @Test
    void aSecondServerOnOneFolderIsRefusedWithTheOthersPidAndTheFirstGoesOn() {
        try (Store first = open()) {
            refused(
                    this::open,
                    CommonError.CONFLICT,
                    folder.toString(),
                    "the process with pid " + ProcessHandle.current().pid());
            assertThat(first.<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "a", 1)))
                    .isEqualTo(1);
        }
        open().close();
    }

    @Test
    void aSecondProcessOnOneFolderIsRefused() throws Exception {
        try (Store _ = open()) {
            Process child = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            OpenStore.class.getName(),
                            folder.toString())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(child.waitFor()).isNotZero();
            assertThat(said)
                    .contains("is in use by the process with pid "
                            + ProcessHandle.current().pid());
        }
    }

    @Test
    void aFileThatIsNoDatabaseIsNamed() throws Exception {
        Files.writeString(folder.resolve("state.db"), "this is a letter to my aunt, not a database. ".repeat(100));
        refused(this::open, StoreError.STORE_DAMAGED, folder.resolve("state.db").toString(), "is no database");
    }

    @Test
    void aDamagedDatabaseIsReportedAndOtherTablesStayReadable() throws Exception {
        try (Store store = open()) {
            for (int i = 0; i < 2000; i++) {
                int n = i;
                var _ = store.<Integer>write(tx -> SqlProbe.insert(tx, "row-with-a-rather-long-name-" + n, n));
            }
            store.<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "last", 1));
        }
        Path file = folder.resolve("state.db");
        // Closing copies the write-ahead log into the file only where no reader is still leaving.
        try (var plain = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = plain.createStatement()) {
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        try (var raw = new RandomAccessFile(file.toFile(), "rw")) {
            long pages = raw.length() / 4096;
            for (long page = pages - 20; page < pages; page++) {
                raw.getChannel().write(ByteBuffer.wrap(new byte[4096]), page * 4096);
            }
        }
        try (Store store = open()) {
            refused(() -> store.read(SqlProbe::all), StoreError.STORE_DAMAGED, "is damaged", "restore");
        }
    }

    @Test
    void aFolderWithoutTheRightToWriteIsRefusedInWords() throws Exception {
        Assumptions.assumeTrue(!"root".equals(System.getProperty("user.name")), "Skipped: root may write everywhere.");
        assertThat(folder.toFile().setWritable(false)).isTrue();
        refused(this::open, StoreError.STORE_READ_ONLY, folder.toString(), "cannot be written");
    }

    @Test
    void aFolderThatIsAFileIsRefusedInWords() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "x");
        refused(() -> TestStore.sqlite(file, StoreContract.PREFIX), StoreError.STORE_READ_ONLY, file.toString());
    }

    @Test
    void aFullDiskFailsTheCallersOfTheBatchAndTheStoreGoesOnOnceThereIsSpace() {
        try (Store store = open()) {
            store.<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "before", 1));
            List<CompletableFuture<Integer>> batch = new ArrayList<>();
            var all = new CountDownLatch(1);
            // Keeps the writer busy until the rest stands in line, so that they share one transaction.
            CompletableFuture<Integer> head = store.write(tx -> {
                all.await();
                return SqlProbe.limitPages(tx, 0);
            });
            for (int i = 0; i < 5; i++) {
                int n = i;
                batch.add(store.write(tx -> n == 3 ? SqlProbe.fill(tx) : SqlProbe.insert(tx, "row" + n, n)));
            }
            all.countDown();
            assertThat(head).failsWithin(10, TimeUnit.SECONDS);
            for (int i = 0; i < 4; i++) {
                CompletableFuture<Integer> lost = batch.get(i);
                assertThatThrownBy(lost::join)
                        .isInstanceOf(CompletionException.class)
                        .cause()
                        .isInstanceOfSatisfying(
                                PilothouseException.class,
                                e -> assertThat(e.code()).isEqualTo(CommonError.OUT_OF_SPACE));
            }
            // The limit ended with the connection; the store has opened a new one.
            assertThat(batch.get(4)).succeedsWithin(10, TimeUnit.SECONDS);
            assertThat(store.<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "after", 1)))
                    .isEqualTo(1);
            assertThat(store.<Long>read(SqlProbe::count)).isEqualTo(3);
        }
    }

    @Test
    void aDatabaseOfANewerProgramIsRefused() {
        try (Store store = open()) {
            store.<Integer>writeAndWait(SqlProbe::pretendNewer);
        }
        refused(this::open, CommonError.CONFLICT, "newer program", "probe tables are at version 7");
    }

    @Test
    void aUnitThatWaitsForTheStoreIsToldSoInsteadOfHanging() {
        try (Store store = open()) {
            assertThatThrownBy(() -> store.writeAndWait(_ -> store.read(SqlProbe::count)))
                    .hasMessageContaining("waits for the store");
            assertThatThrownBy(() -> store.<Integer>read(_ -> store.writeAndWait(tx -> SqlProbe.insert(tx, "a", 1))))
                    .hasMessageContaining("waits for the store");
        }
    }

    @Test
    void unitsGivenBeforeCloseAreFinished() {
        List<CompletableFuture<Integer>> given = new ArrayList<>();
        try (Store store = open()) {
            for (int i = 0; i < 1000; i++) {
                int n = i;
                given.add(store.write(tx -> SqlProbe.insert(tx, "row" + n, n)));
            }
        }
        assertThat(given).allSatisfy(f -> assertThat(f).isCompletedWithValue(1));
        try (Store store = open()) {
            assertThat(store.<Long>read(SqlProbe::count)).isEqualTo(1000);
        }
    }

    @Test
    void theWriteAheadLogStartsOverUnderSteadyWrites() throws Exception {
        try (Store store = open()) {
            String wide = "x".repeat(20_000);
            for (int round = 0; round < 60; round++) {
                List<CompletableFuture<Integer>> some = new ArrayList<>();
                for (int i = 0; i < 100; i++) {
                    String id = round + "/" + i + wide;
                    some.add(store.write(tx -> SqlProbe.insert(tx, id, 1)));
                }
                some.forEach(CompletableFuture::join);
            }
            // 60 rounds write some 300 MB; the log may hold what came during a copy, not all of it.
            assertThat(Files.size(folder.resolve("state.db-wal"))).isLessThan(160L << 20);
        }
    }
}
