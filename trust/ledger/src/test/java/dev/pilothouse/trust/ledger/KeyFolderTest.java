package dev.pilothouse.trust.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.trust.transparency.NoteSigner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The installation's keys as files. */
class KeyFolderTest {
    @Test
    void theKeyFolderIsMadeOnceAndReadByItsOwnerOnly(@TempDir Path folder) throws Exception {
        Path keys = folder.resolve("keys");
        NoteSigner first = KeyFolder.open(keys).signer();
        NoteSigner second = KeyFolder.open(keys).signer();
        assertThat(second.key().toString()).isEqualTo(first.key().toString());
        assertThat(first.sign("hello\n").signedBy(second.key())).isTrue();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keys.resolve("master.key"))))
                .isEqualTo("rw-------");
        assertThat(keys.toFile().list()).containsExactlyInAnyOrder("master.key", "ledger.key");
        assertThat(Files.readString(keys.resolve("ledger.key"))).contains("pilothouse/");
    }

    @Test
    void anotherMasterKeyIsRefusedWithTheFileToPutBack(@TempDir Path folder) throws Exception {
        KeyFolder keys = KeyFolder.open(folder);
        byte[] wrapped = keys.wrap(Digest.of("key").bytes(), "test key");
        Files.delete(folder.resolve("master.key"));
        assertThat(keys.unwrap(wrapped, "test key")).isEqualTo(Digest.of("key").bytes());
        assertThatThrownBy(() -> KeyFolder.open(folder).unwrap(wrapped, "test key"))
                .isInstanceOfSatisfying(PilothouseException.class, e -> {
                    assertThat(e.code()).isEqualTo(LedgerError.WRONG_MASTER_KEY);
                    assertThat(e.detail()).contains("master.key");
                });
    }
}
