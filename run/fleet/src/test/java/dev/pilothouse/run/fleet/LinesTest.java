package dev.pilothouse.run.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinesTest {
    @TempDir
    private Path folder;

    @Test
    void whoFollowsGetsEachLineOnceAndAllOfAnotherServersProcess() {
        try (var lines = new Lines(folder.resolve("a.log"), 1 << 20)) {
            lines.add("one");
            lines.add("two");
            Fleet.Tail last = lines.tail(1);
            assertThat(last.lines()).containsExactly("two");
            assertThat(lines.after(last.seen()).lines()).isEmpty();
            lines.add("three");
            Fleet.Tail next = lines.after(last.seen());
            assertThat(next.lines()).containsExactly("three");
            assertThat(lines.after(next.seen()).lines()).isEmpty();
            assertThat(lines.after(900).lines()).containsExactly("one", "two", "three");
        }
    }

    @Test
    void whoComesLateGetsWhatIsKept() {
        try (var lines = new Lines(folder.resolve("a.log"), 1 << 20)) {
            for (int i = 0; i < Lines.KEPT + 50; i++) {
                lines.add("line " + i);
            }
            assertThat(lines.after(10).lines()).hasSize(Lines.KEPT).last().isEqualTo("line " + (Lines.KEPT + 49));
        }
    }
}
