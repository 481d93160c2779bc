package dev.pilothouse.run.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SseReaderTest {
    @Test
    void eventsAreTheSameHoweverTheyAreCut() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            List<String> events = new ArrayList<>();
            for (int n = random.nextInt(12); n > 0; n--) {
                String end = random.nextBoolean() ? "\n" : "\r\n";
                events.add((random.nextBoolean() ? "event: x" + end : "") + "data: " + "é".repeat(random.nextInt(2_000))
                        + end + end);
            }
            byte[] all = String.join("", events).getBytes(StandardCharsets.UTF_8);
            List<String> read = new ArrayList<>();
            var reader = new SseReader(1 << 20);
            for (int at = 0; at < all.length; ) {
                int to = Math.min(all.length, at + 1 + random.nextInt(random.nextBoolean() ? 3 : 3_000));
                reader.feed(
                        Arrays.copyOfRange(all, at, to),
                        (bytes, from, end) -> read.add(new String(bytes, from, end - from, StandardCharsets.UTF_8)));
                at = to;
            }
            assertThat(read).as("seed %d", seed).isEqualTo(events);
        }
    }

    @Test
    void anEventWithoutEndIsGivenUp() {
        var reader = new SseReader(1_000);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 20; i++) {
                        reader.feed(new byte[100], (_, _, _) -> {});
                    }
                })
                .isInstanceOf(IllegalStateException.class);
    }
}
