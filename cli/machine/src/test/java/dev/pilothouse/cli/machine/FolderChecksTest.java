package dev.pilothouse.cli.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderChecksTest {
    private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");

    @TempDir
    private Path data;

    @Test
    void aFileFromTheFutureShowsThatTheClockWentBack() throws IOException {
        Path file = Files.writeString(data.resolve("state.db"), "");
        Files.setLastModifiedTime(file, FileTime.from(NOW.minusSeconds(1)));
        assertThat(check("clock").state()).isEqualTo(Check.State.OK);
        Files.setLastModifiedTime(file, FileTime.from(NOW.plus(Duration.ofHours(1))));
        assertThat(check("clock").state()).isEqualTo(Check.State.ATTENTION);
        assertThat(check("clock").what()).contains("state.db");
    }

    @Test
    void keysThatOthersReadAreFailing() throws IOException {
        Path key =
                Files.writeString(Files.createDirectories(data.resolve("keys")).resolve("master.key"), "x");
        Files.setPosixFilePermissions(key.getParent(), PosixFilePermissions.fromString("rwx------"));
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
        var environment = Map.of("XDG_CONFIG_HOME", data.resolve("none").toString());
        var checks = new FolderChecks(data, NOW);
        assertThat(checks.secrets(environment).state()).isEqualTo(Check.State.FAILING);
        assertThat(checks.secrets(environment).mend()).contains("chmod go= " + key);
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        assertThat(checks.secrets(environment).state()).isEqualTo(Check.State.OK);
    }

    @Test
    void theSpeedOfTheDiskIsMeasuredAndNothingIsLeft() throws IOException {
        assertThat(check("disk speed").what()).contains("ms to make 4 KiB durable");
        try (var files = Files.list(data)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void aPortThatIsTakenIsFailing() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Check check = Checkup.port(taken.getLocalPort());
            assertThat(check.state()).isEqualTo(Check.State.FAILING);
            assertThat(check.mend()).contains("--port");
        }
    }

    @Test
    void thisMachineIsLookedAt() {
        assertThat(Checkup.java().state()).isEqualTo(Check.State.OK);
        assertThat(Checkup.memory().what()).contains("are free");
        assertThat(Checkup.openFiles().what()).isNotEmpty();
    }

    private Check check(String name) {
        return new FolderChecks(data, NOW)
                .all().stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
    }
}
