package dev.pilothouse.pay.budgets;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.segments.LogCopy;
import dev.pilothouse.platform.segments.Position;
import dev.pilothouse.platform.segments.SegmentConfig;
import dev.pilothouse.platform.segments.SegmentLog;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class EndedCallsTest {
    private static final Scope TEAM = new Scope(Scope.Kind.TEAM, "research");
    private static final SegmentConfig SMALL = SegmentConfig.STANDARD.withSegmentBytes(2048);
    private static final InstantSource CLOCK = () -> Instant.parse("2026-11-27T12:00:00Z");

    @TempDir
    Path folder;

    /** One run of a server. */
    private final class Run implements AutoCloseable {
        final Store store = TestStore.sqlite(folder.resolve("store"), Budgets.MIGRATIONS);
        final Replica replica;
        final Budgets budgets;

        Run(String id) {
            replica = new Replica(store, new Leases(store), id);
            budgets = new Budgets(store, replica, folder.resolve("log"), SMALL, CLOCK);
            budgets.put(
                    new Budget("team", "acme", "team", TEAM, Window.TOTAL, ZoneOffset.UTC, Unit.NANO_USD, Budget.MOST));
        }

        Hold hold(String id, long ceiling, Scope... scopes) {
            Answer answer = budgets.hold("acme", Set.of(scopes), Ceiling.of(new Amounts(ceiling, 1, 1)), bytes(id))
                    .join();
            return ((Answer.Held) answer).hold();
        }

        void settle(Hold hold, String id, long cost) {
            budgets.settle(hold, new Amounts(cost, 1, 1), bytes("end of " + id)).join();
        }

        long settled() {
            return store.read(tx -> SqlTreasury.find(tx, new Account.Key("team", 0)))
                    .map(SqlTreasury.Row::settled)
                    .orElse(0L);
        }

        void crash() {
            budgets.crash();
            replica.close();
            store.close();
        }

        @Override
        public void close() {
            budgets.close();
            replica.close();
            store.close();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private List<String> segments() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("log"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".seg"))
                    .sorted()
                    .toList();
        }
    }

    private static void moveAll(EndedCalls calls) {
        EndedCalls.Batch batch;
        do {
            batch = calls.next(100);
            calls.moved(batch);
        } while (!batch.calls().isEmpty());
        calls.parts().forEach(calls::release);
        calls.moved(calls.next(100));
    }

    private record Held(Hold hold, String id, long ceiling) {}

    /**
     * Calls begin and end and are read in any order, and the server is killed at any moment, between reading and moving too.
     * In the end each call was read once, costs what it cost or its ceiling, and the sum is what the database has settled.
     */
    @Test
    void eachCallIsReadOnceAndTheSumIsWhatIsSettledOverCrashes() throws IOException {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        Map<String, Long> truth = new HashMap<>();
        Map<Position, EndedCalls.Call> kept = new HashMap<>();
        int id = 0;
        for (int round = 0; round < 10; round++) {
            var run = new Run("run-" + round);
            EndedCalls calls = run.budgets.endedCalls();
            List<Held> open = new ArrayList<>();
            int operations = random.nextInt(200);
            for (int i = 0; i < operations; i++) {
                int what = random.nextInt(20);
                if (what < 9) {
                    String name = "call-" + id++;
                    long ceiling = random.nextLong(1, 1_000);
                    open.add(new Held(run.hold(name, ceiling, TEAM), name, ceiling));
                } else if (what < 17 && !open.isEmpty()) {
                    Held held = open.remove(random.nextInt(open.size()));
                    long cost = random.nextLong(held.ceiling + 1);
                    run.settle(held.hold, held.id, cost);
                    truth.put(held.id, cost);
                } else if (what == 17) {
                    EndedCalls.Batch batch = calls.next(1 + random.nextInt(30));
                    int stored = random.nextInt(4) == 0
                            ? random.nextInt(batch.calls().size() + 1)
                            : batch.calls().size();
                    keep(batch, stored, kept);
                    if (stored == batch.calls().size() && random.nextInt(4) > 0) {
                        calls.moved(batch);
                    }
                } else if (what == 18) {
                    calls.parts().stream().filter(_ -> random.nextBoolean()).forEach(calls::release);
                } else if (what == 19 && random.nextInt(4) == 0) {
                    calls.endPart();
                }
            }
            open.forEach(held -> truth.put(held.id, held.ceiling));
            run.crash();
        }
        try (var last = new Run("last")) {
            EndedCalls calls = last.budgets.endedCalls();
            for (int empty = 0; empty < 2; ) {
                EndedCalls.Batch batch = calls.next(50);
                keep(batch, batch.calls().size(), kept);
                calls.moved(batch);
                empty += batch.calls().isEmpty() ? 1 : 0;
            }
            Map<String, Long> read = new HashMap<>();
            for (EndedCalls.Call call : kept.values()) {
                assertThat(read.put(text(call.opening()), call.cost().nanoUsd()))
                        .as("seed %d", seed)
                        .isNull();
                assertThat(text(call.detail()))
                        .as("seed %d", seed)
                        .isEqualTo(call.lost() ? "" : "end of " + text(call.opening()));
                assertThat(call.budgets()).containsExactly("team");
            }
            assertThat(read).as("seed %d", seed).isEqualTo(truth);
            long sum = truth.values().stream().mapToLong(Long::longValue).sum();
            assertThat(last.settled()).as("seed %d", seed).isEqualTo(sum);
        }
    }

    private static void keep(EndedCalls.Batch batch, int most, Map<Position, EndedCalls.Call> kept) {
        for (EndedCalls.Call call : batch.calls().subList(0, most)) {
            EndedCalls.Call before = kept.put(call.at(), call);
            if (before != null) {
                assertThat(batch.repeated()).isTrue();
                assertThat(text(before.opening())).isEqualTo(text(call.opening()));
            }
        }
    }

    @Test
    void theLogKeepsOnlyWhatIsUnderWayOrNotYetTaken() throws IOException {
        try (var run = new Run("one")) {
            EndedCalls calls = run.budgets.endedCalls();
            Hold longCall = run.hold("long", 10, TEAM);
            for (int i = 0; i < 100; i++) {
                run.settle(run.hold("call-" + i, 10, TEAM), "call-" + i, 7);
            }
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> run.settled() == 700);
            moveAll(calls);
            assertThat(segments())
                    .as("a call is under way since the first")
                    .hasSizeGreaterThan(5)
                    .contains("000000000001.seg");

            run.settle(longCall, "long", 3);
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> run.settled() == 703);
            // The database has it; this server knows a moment later.
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
                moveAll(calls);
                return segments().size() <= 2;
            });
        }
        try (var run = new Run("two")) {
            assertThat(run.settled()).isEqualTo(703);
            assertThat(run.budgets.endedCalls().next(10).calls()).isEmpty();
        }
    }

    @Test
    void aCopyTellsAgainWhatMayHaveBeenMovedMeanwhile() throws IOException {
        Path copied = Files.createDirectories(folder.resolve("copied"));
        try (var run = new Run("one")) {
            EndedCalls calls = run.budgets.endedCalls();
            make(run, 0, 60);
            moveAll(calls);
            try (LogCopy copy = calls.hold()) {
                List<String> before = segments();
                make(run, 60, 120);
                Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> run.settled() == 120 * 7);
                moveAll(calls);
                assertThat(segments()).as("nothing is deleted meanwhile").containsAll(before);
                for (LogCopy.File file : copy.files()) {
                    try (var content = file.content().open()) {
                        Files.write(copied.resolve(file.name()), content.readNBytes((int) file.length()));
                    }
                }
                make(run, 120, 130);
            }
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
                moveAll(calls);
                return segments().size() <= 2;
            });
        }
        try (var log = SegmentLog.open(copied, SMALL, CLOCK)) {
            var calls = new EndedCalls(copied, log);
            EndedCalls.Batch again = calls.next(10);
            assertThat(again.repeated()).isTrue();
            assertThat(again.calls())
                    .extracting(call -> text(call.opening()))
                    .containsExactlyElementsOf(
                            IntStream.range(60, 120).mapToObj(i -> "call-" + i).toList());
            calls.moved(again);
            assertThat(calls.next(10).repeated()).isFalse();
        }
    }

    private static void make(Run run, int from, int to) {
        for (int i = from; i < to; i++) {
            run.settle(run.hold("call-" + i, 10, TEAM), "call-" + i, 7);
        }
    }

    @Test
    void aPartIsOnlyDeletedOnceItIsReleased() throws IOException {
        try (var run = new Run("one")) {
            EndedCalls calls = run.budgets.endedCalls();
            for (int i = 0; i < 100; i++) {
                run.settle(run.hold("call-" + i, 10), "call-" + i, 7);
            }
            EndedCalls.Batch batch = calls.next(1_000);
            calls.moved(batch);
            calls.moved(calls.next(1_000));
            int before = segments().size();
            List<EndedCalls.Part> parts = calls.parts();
            assertThat(parts).hasSize(before - 1);
            assertThat(segments()).hasSize(before);

            calls.release(parts.get(1));
            calls.moved(calls.next(1_000));

            assertThat(segments()).hasSize(before - 2);
            assertThat(calls.parts()).hasSize(parts.size() - 2).doesNotContain(parts.get(1));
            long told = parts.stream().mapToLong(EndedCalls.Part::calls).sum();
            assertThat(told).isBetween(1L, 100L);
            assertThat(parts.stream().mapToLong(EndedCalls.Part::nanoUsd).sum()).isEqualTo(7 * told);
        }
    }

    @Test
    void whatTheDatabaseDoesNotKnowIsChargedFromATrimmedLog() {
        long sum = 0;
        for (int round = 0; round < 4; round++) {
            var run = new Run("run-" + round);
            EndedCalls calls = run.budgets.endedCalls();
            for (int i = 0; i < 60; i++) {
                run.settle(run.hold("call", 10, TEAM), "call", 9);
                sum += 9;
                if (i % 6 == 0) {
                    moveAll(calls);
                }
            }
            Hold _ = run.hold("lost", 1_000, TEAM);
            sum += 1_000;
            run.crash();
        }
        try (var last = new Run("last")) {
            assertThat(last.settled()).isEqualTo(sum);
            assertThat(last.budgets.bounded()).isEqualTo(1);
        }
    }
}
