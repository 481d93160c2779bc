package dev.pilothouse.run.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.openinference.DataType;
import dev.pilothouse.run.openinference.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class AnswersTest {
    private final OutcomeCounter counter = new OutcomeCounter(InstantSource.system());
    private final Labels stable = labels("1", false);
    private final Labels shadow = labels("2", true);

    @Test
    void aLabelIsCountedOnceByEitherId() {
        var answers = new Answers(10);
        answers.remember("request", "client", stable, List.of(text("setosa"), number(0.5f)));

        assertThat(answers.label("client", "", "setosa")).isTrue();
        assertThat(answers.label("request", "", "virginica")).isTrue();
        assertThat(answers.label("other", "", "setosa")).isFalse();
        assertThat(counted()).containsExactly("1: 1 labelled, 0 wrong");
    }

    @Test
    void aShadowsAnswerIsCountedWhetherItComesBeforeTheLabelOrAfter() {
        var answers = new Answers(10);
        long before = answers.remember("before", "", stable, List.of(text("a")));
        long after = answers.remember("after", "", stable, List.of(text("a")));

        answers.shadowed(before, shadow, List.of(text("b")));
        answers.label("before", "class", "a");
        answers.label("after", "class", "a");
        answers.shadowed(after, shadow, List.of(text("a")));

        assertThat(counted()).containsExactlyInAnyOrder("1: 2 labelled, 0 wrong", "2: 2 labelled, 1 wrong");
    }

    @Test
    void noMoreMemoryIsTakenThanAnswersAreRememberedIn() {
        var answers = new Answers(1_000);
        for (int i = 0; i < 300_000; i++) {
            long ticket = answers.remember("request-" + i, "", stable, List.of(text("setosa")));
            answers.shadowed(ticket, shadow, List.of(text("setosa")));
        }
        assertThat(answers.chunks()).isLessThan(6);
        assertThat(answers.label("request-299000", "", "setosa")).isTrue();
    }

    @Test
    void everyKindOfValueIsComparedAsBefore() {
        var answers = new Answers(10);
        answers.remember(
                "r1",
                "",
                stable,
                List.of(fixed(DataType.INT64, ByteBuffer.allocate(8).order(LE).putLong(0, 7))));
        answers.remember(
                "r2",
                "",
                stable,
                List.of(fixed(DataType.BOOL, ByteBuffer.allocate(1).put(0, (byte) 1))));
        answers.remember(
                "r3",
                "",
                stable,
                List.of(fixed(DataType.UINT64, ByteBuffer.allocate(8).order(LE).putLong(0, -1))));

        answers.label("r1", "", "7.0");
        answers.label("r2", "", "true");
        answers.label("r3", "", "18446744073709551615");

        assertThat(counted()).containsExactly("1: 3 labelled, 0 wrong");
    }

    @Test
    void whatHasNoSingleValueTakesNoLabel() {
        var answers = new Answers(10);
        Tensor two = Tensor.fixed(
                "p", DataType.FP32, new long[] {1, 2}, ByteBuffer.allocate(8).order(LE));
        answers.remember("r", "", stable, List.of(two));

        assertThatThrownBy(() -> answers.label("r", "", "1"))
                .isInstanceOf(PilothouseException.class)
                .hasMessageContaining("no single value in any output; its outputs are p");
    }

    @Test
    void whatIsTooLongIsNotRemembered() {
        var answers = new Answers(10);
        String id = "x".repeat(2_000);

        assertThat(answers.remember(id, "", stable, List.of(text("a")))).isEqualTo(Answers.FORGOTTEN);
        assertThat(answers.remember("r", id, stable, List.of(text("a")))).isNotEqualTo(Answers.FORGOTTEN);
        assertThat(answers.remember("s", "", stable, List.of(text(id.repeat(5)))))
                .isEqualTo(Answers.FORGOTTEN);
        assertThat(answers.label(id, "", "a")).isFalse();
        assertThat(answers.label("r", "", "a")).isTrue();
        answers.shadowed(Answers.FORGOTTEN, shadow, List.of(text("a")));
    }

    /** Against a map: the last answers are all found, the ring goes round many times, an id that comes again means the newer. */
    @Test
    void theLastAnswersAreFoundHoweverManyCome() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        int capacity = 3_000;
        var answers = new Answers(capacity);
        var last = new ArrayDeque<String>();
        Map<String, String> expected = new HashMap<>();
        for (int i = 0; i < 60_000; i++) {
            String id = random.nextInt(20) == 0 && !last.isEmpty() ? last.getLast() : "id-" + random.nextInt(50_000);
            String value = "v" + random.nextInt(1_000) + "x".repeat(random.nextInt(60));
            answers.remember(id, random.nextInt(3) == 0 ? "client-" + i : "", stable, List.of(text(value)));
            last.add(id);
            expected.put(id, value);
            if (last.size() > capacity) {
                last.removeFirst();
            }
        }

        int right = 0;
        for (String id : Set.copyOf(last)) {
            assertThat(answers.label(id, "", expected.getOrDefault(id, "none")))
                    .as("seed %d, %s", seed, id)
                    .isTrue();
            right++;
        }
        assertThat(counted()).as("seed %d", seed).containsExactly("1: " + right + " labelled, 0 wrong");
        assertThat(answers.label("id-none", "", "")).isFalse();
    }

    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    private Labels labels(String version, boolean isShadow) {
        var misses = new RecentValues();
        var variant = new EndpointSpec.Variant(version, new ModelSource.Onnx(Digest.of(new byte[0]), Map.of()), 1_000);
        var spec = new EndpointSpec(
                "tenant",
                "iris",
                "release",
                List.of(variant),
                Optional.empty(),
                0,
                Optional.empty(),
                OptionalDouble.empty(),
                8,
                0);
        return new Labels(
                counter.variant(spec, version, isShadow, false), misses, new MissLimit(OptionalDouble.empty(), misses));
    }

    private List<String> counted() {
        return counter.take().stream()
                .map(c -> c.version() + ": " + c.labelled() + " labelled, " + c.wrong() + " wrong")
                .toList();
    }

    private static Tensor text(String value) {
        return Tensor.strings("class", new long[] {1}, new byte[][] {value.getBytes(StandardCharsets.UTF_8)});
    }

    private static Tensor number(float value) {
        return fixed(DataType.FP32, ByteBuffer.allocate(4).order(LE).putFloat(0, value));
    }

    private static Tensor fixed(DataType type, ByteBuffer data) {
        return Tensor.fixed("value", type, new long[] {1}, data);
    }
}
