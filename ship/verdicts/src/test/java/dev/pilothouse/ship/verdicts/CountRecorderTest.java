package dev.pilothouse.ship.verdicts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.serving.Latencies;
import dev.pilothouse.run.serving.OutcomeCount;
import dev.pilothouse.ship.spec.ServiceSpec;
import dev.pilothouse.ship.spec.SpecReader;
import dev.pilothouse.ship.statistics.Arm;
import dev.pilothouse.ship.statistics.Comparison;
import dev.pilothouse.testkit.ManualClock;
import dev.pilothouse.testkit.TestStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CountRecorderTest {
    private static final ServiceSpec.Rollout ROLLOUT =
            SpecReader.read("pilothouse.yaml", """
                    apiVersion: pilothouse.dev/v1
                    kind: Service
                    metadata: {name: fraud}
                    model: {name: fraud}
                    rollout: {steps: [10, 100], min-requests: 100, slow: {tolerance: 0.02, margin: 0.10}}
                    """).getFirst().spec().rollout();
    private static final Trial TRIAL = new Trial("acme", "rel", "2", Optional.of("1"), ROLLOUT, 0, false);

    @TempDir
    private Path folder;

    private static SlowLimits limits(Store store, String recorder) {
        return new SlowLimits(store, new ManualClock(), new MeasuringServer(), recorder);
    }

    /** A model server whose stable version of one service takes so long. */
    private static final class MeasuringServer implements SlowLimits.Server {
        List<Latencies.Stable> measured = List.of();
        Duration limit = Duration.ZERO;

        void takes(String version, long millis, int answers) {
            measured = List.of(new Latencies.Stable("acme", "fraud", version, Duration.ofMillis(millis), answers));
        }

        @Override
        public List<Latencies.Stable> stableLatencies() {
            return measured;
        }

        @Override
        public void slowAfter(String tenant, String endpoint, String stable, Duration slowAfter) {
            if (stable.equals("1")) {
                limit = slowAfter;
            }
        }
    }

    @Test
    void whatIsSlowFollowsFromWhatAllReplicasMeasuredAndOutlivesThem() {
        try (Store store = TestStore.sqlite(folder, "verdicts")) {
            var clock = new ManualClock();
            var first = new MeasuringServer();
            var second = new MeasuringServer();
            first.takes("1", 10, 1_000);
            second.takes("1", 40, 500);
            recorded(store, clock, first, "a");
            assertThat(first.limit).isEqualTo(Duration.ofMillis(20));
            recorded(store, clock, second, "b");
            recorded(store, clock, first, "a");
            assertThat(first.limit).isEqualTo(second.limit).isEqualTo(Duration.ofMillis(40));
            var fresh = new MeasuringServer();
            new CountRecorder(store, List::of, (_, _, _) -> Optional.empty(), limitsOf(store, clock, fresh, "c"), "c")
                    .record();
            assertThat(fresh.limit)
                    .as("a process that has measured nothing yet")
                    .isEqualTo(Duration.ofMillis(40));
            clock.advance(Duration.ofMinutes(3));
            first.takes("1", 12, 1_000);
            recorded(store, clock, first, "a");
            assertThat(first.limit).as("what the other measured is out of date").isEqualTo(Duration.ofMillis(24));
            second.takes("2", 400, 1_000);
            recorded(store, clock, second, "b");
            recorded(store, clock, first, "a");
            assertThat(first.limit)
                    .as("another version's time is another matter")
                    .isEqualTo(Duration.ofMillis(24));
        }
    }

    private static SlowLimits limitsOf(Store store, ManualClock clock, MeasuringServer server, String recorder) {
        return new SlowLimits(store, clock, server, recorder);
    }

    private static void recorded(Store store, ManualClock clock, MeasuringServer server, String recorder) {
        var waiting = new ArrayDeque<>(List.of(List.of(count("1", 10, 0))));
        boolean stored = new CountRecorder(
                        store,
                        () -> waiting.isEmpty() ? List.of() : waiting.poll(),
                        (_, _, _) -> Optional.empty(),
                        limitsOf(store, clock, server, recorder),
                        recorder + clock.millis() + server.limit)
                .record();
        assertThat(stored).isTrue();
    }

    @Test
    void eachRequestIsCountedOnceThoughTheStoreFailsBeforeAndAfterItsCommit() {
        try (Store store = TestStore.sqlite(folder, "verdicts")) {
            var waiting = new ArrayDeque<List<OutcomeCount>>();
            waiting.add(List.of(count("1", 10, 0)));
            waiting.add(List.of(count("1", 5, 0)));
            var flaky = new FlakyStore(store);
            var recorder = new CountRecorder(
                    flaky,
                    () -> waiting.isEmpty() ? List.of() : waiting.poll(),
                    (_, _, _) -> Optional.empty(),
                    limits(store, "r1"),
                    "r1");
            flaky.failBefore = true;
            tryTo(recorder);
            flaky.failBefore = false;
            flaky.failAfter = true;
            tryTo(recorder);
            flaky.failAfter = false;
            assertThat(recorder.record()).isTrue();
            assertThat(recorder.record()).isTrue();
            assertThat(recorder.record()).isFalse();
            List<Count> counts = store.read(tx -> SqlCounts.of(tx, "acme", "rel"));
            assertThat(counts)
                    .singleElement()
                    .satisfies(count -> assertThat(count.requests()).isEqualTo(15));
        }
    }

    @Test
    void aSlowCanaryIsFoundByTheBlocksStoredWithItsCounts() {
        try (Store store = TestStore.sqlite(folder, "verdicts")) {
            var taken = new ArrayDeque<List<OutcomeCount>>();
            for (int i = 0; i < 40; i++) {
                taken.add(List.of(count("2", 10, 9), count("1", 90, 3)));
            }
            while (!taken.isEmpty()) {
                // A process each: nothing but the store remembers.
                String id = "r" + taken.size();
                new CountRecorder(store, taken::poll, (_, _, _) -> Optional.of(TRIAL), limits(store, id), id).record();
            }
            Evidence evidence = store.read(tx -> Evidence.of(tx, TRIAL));
            assertThat(evidence.harm())
                    .hasValueSatisfying(
                            harm -> assertThat(harm.sentence()).startsWith("90 % slow answers against 3.3 %"));
            assertThat(evidence.of(Count.Outcome.ERRORS).verdict()).isNotEqualTo(Comparison.Verdict.HARMFUL);
            assertThat(evidence.requests()).isEqualTo(400);
        }
    }

    @Test
    void aCanaryIsComparedWithTheControlThatIsAsIdleAsItself() {
        try (Store store = TestStore.sqlite(folder, "verdicts")) {
            var controlled = new Trial("acme", "rel", "2", Optional.of("1"), ROLLOUT, 0, true);
            var taken = new ArrayDeque<List<OutcomeCount>>();
            for (int i = 0; i < 60; i++) {
                taken.add(List.of(count("2", 10, 4), control(10, 4), count("1", 80, 2)));
            }
            var recorder = new CountRecorder(
                    store,
                    () -> taken.isEmpty() ? List.of() : taken.poll(),
                    (_, _, _) -> Optional.of(controlled),
                    limits(store, "r1"),
                    "r1");
            while (recorder.record()) {
                // all of them
            }
            Comparison slow = store.read(tx -> Evidence.of(tx, controlled)).of(Count.Outcome.SLOW);
            assertThat(slow.verdict()).isNotEqualTo(Comparison.Verdict.HARMFUL);
            assertThat(slow.stable()).isEqualTo(new Arm(600, 240));
            assertThat(slow.candidate()).isEqualTo(new Arm(600, 240));
            Evidence evidence = store.read(tx -> Evidence.of(tx, controlled));
            assertThat(evidence.stable())
                    .as("the control's requests are the stable version's")
                    .hasEntrySatisfying(0, count -> assertThat(count.requests()).isEqualTo(60 * 90));
        }
    }

    @Test
    void aLongCurveKeepsABoundedNumberOfPointsAndItsLast() {
        try (Store store = TestStore.sqlite(folder, "verdicts")) {
            var start = Instant.parse("2026-11-24T00:00:00Z");
            for (int second = 0; second < 3_000; second++) {
                Instant now = start.plusSeconds(second);
                store.writeAndWait(tx -> {
                    SqlCounts.add(tx, count("2", 1, 0), 0);
                    Evidence.of(tx, TRIAL).remember(tx, TRIAL, now);
                    return now;
                });
            }
            List<Look> curve = store.read(tx -> Evidence.looks(tx, TRIAL));
            assertThat(curve).hasSizeBetween(500, 1_200);
            assertThat(curve.getFirst().at()).isEqualTo(start);
            assertThat(curve.getLast().at()).isAfter(start.plusSeconds(2_980));
            assertThat(curve).extracting(Look::requests).isSorted();
        }
    }

    private static void tryTo(CountRecorder recorder) {
        try {
            recorder.record();
        } catch (PilothouseException e) {
            assertThat(e.code()).isEqualTo(CommonError.UNAVAILABLE);
        }
    }

    private static OutcomeCount count(String version, long requests, long slow) {
        return new OutcomeCount("acme", "fraud", "rel", version, false, false, 7, requests, 0, slow, 0, 0);
    }

    private static OutcomeCount control(long requests, long slow) {
        return new OutcomeCount("acme", "fraud", "rel", "1", false, true, 7, requests, 0, slow, 0, 0);
    }
}
