package dev.pilothouse.trust.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.ErrorCode;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.archive.ArchiveError;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.trust.ledger.KeyFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a backup promises, whatever the database. */
abstract class BackupContract {
    private static final int BEFORE = 3_000;
    private static final String PASSPHRASE = "a long enough passphrase";
    private static final Caller ADMIN = new Caller("default", "p1", "ada", Caller.Kind.PERSON, Set.of(Role.ADMIN));
    private static final Restore.Keys BY_PASSPHRASE = new Restore.Keys(Optional.of(PASSPHRASE), Optional.empty());
    private static final Restore.Keys NO_KEYS = new Restore.Keys(Optional.empty(), Optional.empty());

    @TempDir
    private Path folder;

    private Installation original;

    /** A database that nothing is in yet, for a data folder. */
    abstract StoreConfig fresh(Path data);

    @BeforeEach
    void open() {
        Path data = folder.resolve("original");
        original = new Installation(data, fresh(data));
    }

    @AfterEach
    void close() {
        original.close();
    }

    @Test
    void whatWasAcknowledgedBeforeComesBackWhileWritesGoOn() throws Exception {
        byte[] big = new byte[9 << 20];
        new Random(7).nextBytes(big);
        Digest blob = original.blobs.put(big).digest();
        original.samples(100);
        for (int i = 0; i < BEFORE; i++) {
            original.write(i);
        }
        var stop = new AtomicBoolean();
        var next = new AtomicInteger(BEFORE);
        Thread writer = Thread.ofVirtual().start(() -> {
            while (!stop.get()) {
                original.write(next.getAndIncrement());
            }
        });
        Path file = backup(Optional.of(PASSPHRASE));
        stop.set(true);
        writer.join();
        assertThat(next.get()).as("writes went on").isGreaterThan(BEFORE);

        Path data = folder.resolve("restored");
        StoreConfig store = fresh(data);
        var restored =
                new Restore(file, _ -> {}).into(Restore.Target.in(data, store, Installation.MODULES), BY_PASSPHRASE);
        assertThat(restored.header().keys()).isTrue();
        assertThat(data.resolve("RESTORING")).doesNotExist();
        assertThat(Files.getPosixFilePermissions(data.resolve("keys/master.key")))
                .hasSize(2);
        try (var copy = new Installation(data, store)) {
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(copy.subjects())
                            .containsAll(IntStream.range(0, BEFORE)
                                    .mapToObj(i -> "thing/" + i)
                                    .toList()));
            assertThat(copy.told())
                    .as("written to the log before the entry of the ledger")
                    .containsAll(IntStream.range(0, BEFORE).boxed().toList())
                    .allMatch(number -> number < next.get());
            assertThat(copy.blobs.bytes(blob)).isEqualTo(big);
            assertThat(copy.countSamples()).isEqualTo(100);
            copy.samples(1);
            assertThat(copy.countSamples()).isEqualTo(101);
            copy.write(1_000_000);
            await().atMost(Duration.ofSeconds(20)).until(() -> copy.subjects().contains("thing/1000000"));
            assertThat(copy.verify(folder.resolve("export.tar"))).isEqualTo("verified");
        }
    }

    @Test
    void nothingIsRestoredOverAnything() throws IOException {
        Path file = backup(Optional.of(PASSPHRASE));
        Path data = Files.createDirectories(folder.resolve("taken"));
        Files.writeString(data.resolve("something"), "mine");
        refused(BackupError.NOT_EMPTY, "'something'", () -> restore(file, data, BY_PASSPHRASE));
        assertThat(data.resolve("something")).hasContent("mine");
        assertThat(data.resolve("blobs")).doesNotExist();
    }

    @Test
    void aDamagedBackupIsRefusedByNameBeforeAnythingIsWritten() throws IOException {
        original.write(1);
        byte[] bytes = Files.readAllBytes(backup(Optional.of(PASSPHRASE)));
        bytes[new String(bytes, StandardCharsets.ISO_8859_1).indexOf("state/journal") + 600] ^= 1;
        Path damaged = Files.write(folder.resolve("damaged.tar"), bytes);
        Path data = folder.resolve("never");
        refused(ArchiveError.ARCHIVE_DAMAGED, "'state/journal", () -> restore(damaged, data, BY_PASSPHRASE));
        assertThat(data).doesNotExist();
        Path cut = Files.write(folder.resolve("cut.tar"), Arrays.copyOf(bytes, bytes.length / 2));
        refused(ArchiveError.ARCHIVE_DAMAGED, "damaged", () -> new Restore(cut, _ -> {}).check());
    }

    @Test
    void keysNeedTheirPassphraseOrTheOriginals() throws IOException {
        original.write(1);
        Path locked = backup(Optional.of(PASSPHRASE));
        Path bare = backup(Optional.empty());
        String master =
                Files.readString(original.data.resolve("keys/master.key")).strip();
        assertThat(Files.readString(locked, StandardCharsets.ISO_8859_1)).doesNotContain(master);
        Path data = folder.resolve("data");
        var wrong = new Restore.Keys(Optional.of("another long passphrase"), Optional.empty());
        refused(BackupError.KEYS_UNUSABLE, "passphrase", () -> restore(locked, data, wrong));
        refused(BackupError.KEYS_UNUSABLE, "passphrase", () -> restore(locked, data, NO_KEYS));
        refused(BackupError.KEYS_UNUSABLE, "--keys", () -> restore(bare, data, NO_KEYS));
        assertThat(data).doesNotExist();
        StoreConfig store = fresh(data);
        new Restore(bare, _ -> {})
                .into(
                        Restore.Target.in(data, store, Installation.MODULES),
                        new Restore.Keys(Optional.empty(), Optional.of(original.data.resolve("keys"))));
        try (var copy = new Installation(data, store)) {
            await().until(() -> copy.subjects().contains("thing/1"));
        }
    }

    @Test
    void anUnfinishedRestorationIsNotOpened() throws IOException {
        original.write(1);
        Path bare = backup(Optional.empty());
        Path strangers = folder.resolve("strangers");
        KeyFolder.open(strangers);
        Files.copy(original.data.resolve("keys/ledger.key"), strangers.resolve("ledger.key"));
        Path data = folder.resolve("data");
        StoreConfig store = fresh(data);
        var theirs = new Restore.Keys(Optional.empty(), Optional.of(strangers));
        refused(
                BackupError.KEYS_UNUSABLE,
                "not those",
                () -> new Restore(bare, _ -> {}).into(Restore.Target.in(data, store, Installation.MODULES), theirs));
        refused(CommonError.CONFLICT, "part of a backup", () -> new Installation(data, store));
        refused(BackupError.NOT_EMPTY, "interrupted", () -> restore(bare, data, theirs));
    }

    @Test
    void aBackupOfANewerProgramIsRefused() throws IOException {
        Path file = backup(Optional.of(PASSPHRASE));
        Path data = folder.resolve("data");
        var older = Restore.Target.in(data, fresh(data), Installation.MODULES.subList(0, 1));
        refused(CommonError.CONFLICT, "newer", () -> new Restore(file, _ -> {}).into(older, BY_PASSPHRASE));
    }

    @Test
    void onlyOneIsMadeAtATimeAndOnlyForTheOperator() throws IOException {
        var other = new Caller("acme", "p2", "eve", Caller.Kind.PERSON, Set.of(Role.ADMIN));
        refused(CommonError.FORBIDDEN, "default", () -> original.backups.make(other, Optional.empty()));
        var engineer = new Caller("default", "p3", "bob", Caller.Kind.PERSON, Set.of(Role.ENGINEER));
        refused(CommonError.FORBIDDEN, "admin", () -> original.backups.make(engineer, Optional.empty()));
        refused(CommonError.INVALID, "12", () -> original.backups.make(ADMIN, Optional.of("short")));
        try (InputStream first = original.backups.make(ADMIN, Optional.empty())) {
            assertThat(first.read()).isPositive();
            refused(BackupError.BACKUP_BUSY, "Another", () -> original.backups.make(ADMIN, Optional.empty()));
        }
        backup(Optional.empty());
    }

    private void restore(Path file, Path data, Restore.Keys keys) throws IOException {
        new Restore(file, _ -> {}).into(Restore.Target.in(data, fresh(data), Installation.MODULES), keys);
    }

    private Path backup(Optional<String> passphrase) throws IOException {
        Path file = Files.createTempFile(folder, "backup", ".tar");
        try (InputStream in = original.backups.make(ADMIN, passphrase)) {
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        }
        return file;
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void refused(ErrorCode code, String word, Work work) {
        assertThatThrownBy(work::run).isInstanceOfSatisfying(PilothouseException.class, e -> {
            assertThat(e.code()).as(e.detail()).isEqualTo(code);
            assertThat(e.detail()).contains(word);
        });
    }
}
