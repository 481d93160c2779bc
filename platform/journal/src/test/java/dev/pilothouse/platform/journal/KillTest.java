package dev.pilothouse.platform.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KillTest {
    @TempDir
    Path folder;

    @Test
    void everyAcknowledgedUnitIsThereAfterAKillAndTheJournalHasNoGap() throws Exception {
        List<String> acknowledged = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            acknowledged.addAll(writeUntilKilled("r" + round, 300 + 400 * round));
        }
        try (Store store = TestStore.sqlite(folder, "journal", "probe");
                var journal = new Journal(store)) {
            for (String id : acknowledged) {
                assertThat(store.<Boolean>read(tx -> SqlProbeState.has(tx, id)))
                        .as(id)
                        .isTrue();
                assertThat(journal.find("t", id)).as(id).isPresent();
            }
            while (!store.<List<JournalEntry>>writeAndWait(tx -> journal.number(tx, 1000))
                    .isEmpty()) {
                // until all have numbers
            }
            assertThat(journal.size()).isEqualTo(store.<Long>read(SqlProbeState::count));
            List<JournalEntry> tail = journal.read(journal.size() - 11, 20);
            assertThat(tail).hasSize(10);
        }
    }

    private List<String> writeUntilKilled(String name, int lines) throws IOException, InterruptedException {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledWriter.class.getName(),
                        folder.toString(),
                        name)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        List<String> acknowledged = new ArrayList<>();
        try (var out = new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            for (Optional<String> line = line(out); line.isPresent(); line = line(out)) {
                if (line.get().startsWith(name)) {
                    acknowledged.add(line.get());
                }
                if (acknowledged.size() == lines) {
                    // Through the handle, since the process itself would close the stream we still read.
                    assertThat(child.toHandle().destroyForcibly()).isTrue();
                }
            }
        }
        child.waitFor();
        assertThat(acknowledged.size()).isGreaterThanOrEqualTo(lines);
        return acknowledged;
    }

    /** The last line may be cut off by the kill, so only whole ones count. */
    private static Optional<String> line(BufferedReader out) throws IOException {
        var text = new StringBuilder();
        for (int c; (c = out.read()) >= 0; ) {
            if (c == '\n') {
                return Optional.of(text.toString());
            }
            text.append((char) c);
        }
        return Optional.empty();
    }
}
