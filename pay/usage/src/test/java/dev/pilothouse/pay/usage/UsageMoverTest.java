package dev.pilothouse.pay.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.pay.budgets.Amounts;
import dev.pilothouse.pay.budgets.Answer;
import dev.pilothouse.pay.budgets.Budgets;
import dev.pilothouse.pay.budgets.Ceiling;
import dev.pilothouse.pay.budgets.Hold;
import dev.pilothouse.platform.columns.ColumnsConfig;
import dev.pilothouse.platform.columns.DuckColumns;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.segments.Position;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.EntryFilter;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.RecordedEntry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

@Timeout(120)
class UsageMoverTest {
    private static final Duration FOR_EVER = Duration.ofDays(36_500);
    private static final Instant NOW = Instant.parse("2026-11-27T12:00:00Z");
    private static final UsageFilter ALL = new UsageFilter(0, Long.MAX_VALUE, Map.of());

    @TempDir
    Path folder;

    /** The process is gone at this step. */
    private static final class Killed extends RuntimeException {}

    /** One run of a server with all that usage needs. */
    private final class Run implements AutoCloseable {
        final InstantSource clock = () -> NOW;
        final Store store = TestStore.sqlite(
                folder.resolve("store"),
                Journal.MIGRATIONS,
                Ledger.MIGRATIONS,
                Budgets.MIGRATIONS,
                UsageMover.MIGRATIONS);
        final Journal journal = new Journal(store);
        final Ledger ledger =
                Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock);
        final DuckColumns columns = DuckColumns.open(ColumnsConfig.in(folder.resolve("columns")), clock);
        final Replica replica;
        final Budgets budgets;
        final Usages usages;
        final UsageMover mover;

        Run(String id, Consumer<String> steps) {
            replica = new Replica(store, new Leases(store), id);
            budgets = new Budgets(store, replica, folder.resolve("spend"), clock);
            usages = new Usages(columns, FOR_EVER, clock);
            mover = mover(sink(), steps);
        }

        UsageSink sink() {
            return new ColumnsSink(columns, FOR_EVER);
        }

        UsageMover mover(UsageSink sink, Consumer<String> steps) {
            return new UsageMover(budgets.endedCalls(), sink, store, ledger, "operator", clock, steps);
        }

        Hold hold(UsageOpening opening, long ceiling) {
            Answer answer = budgets.hold(
                            opening.who().tenant(), Set.of(), Ceiling.of(new Amounts(ceiling, 1, 1)), opening.bytes())
                    .join();
            return ((Answer.Held) answer).hold();
        }

        List<UsageRecord> rows(String tenant) {
            columns.flush().join();
            return usages.rows(tenant, ALL, Optional.empty(), 10_000);
        }

        List<RecordedEntry> entries() {
            return ledger.entries(
                            "operator",
                            new EntryFilter(Optional.of("usage-part.moved"), Optional.empty(), Long.MAX_VALUE, 100))
                    .entries();
        }

        @Override
        public void close() {
            mover.stop();
            budgets.close();
            replica.close();
            columns.close();
            ledger.close();
            journal.close();
            store.close();
        }
    }

    private Run run(String id) {
        return new Run(id, _ -> {});
    }

    @Test
    void aCallIsOneRowOfWhatWasKnownAtItsBeginAndAtItsEnd() {
        var samples = new Samples(20261127);
        UsageOpening opening = samples.opening("acme", "r1");
        UsageEnd end = samples.end();
        try (Run run = run("one")) {
            Hold hold = run.hold(opening, 900);
            run.budgets.settle(hold, new Amounts(321, 1, 1), end.bytes()).join();
            run.mover.flush().join();

            UsageRecord row = run.rows("acme").getFirst();
            assertThat(row.opening().who()).isEqualTo(opening.who());
            assertThat(row.opening().asked()).isEqualTo(opening.asked());
            assertThat(row.opening().attempt()).isEqualTo(opening.attempt());
            assertThat(row.end()).isEqualTo(end);
            assertThat(row.costNanoUsd()).isEqualTo(321);
            assertThat(row.ceilingNanoUsd()).isEqualTo(end.cached() ? end.savedNanoUsd() : 900);
            assertThat(run.rows("other")).isEmpty();
        }
    }

    /** The process is gone after each step of moving, with calls under way; later runs move the rest. */
    @ParameterizedTest
    @ValueSource(
            strings = {UsageMover.NOTED, UsageMover.APPENDED, UsageMover.SYNCED, UsageMover.MOVED, UsageMover.RECORDED})
    void eachCallIsOneRowAndTheSumIsWhatWasSettledWhereverTheProcessIsKilled(String at) {
        long seed = new Random().nextLong();
        var samples = new Samples(seed);
        var random = new Random(seed);
        Map<String, Long> truth = new HashMap<>();
        for (int round = 0; round < 3; round++) {
            var kills = new AtomicBoolean();
            try (Run run = new Run("run-" + round, step -> {
                if (kills.get() && step.equals(at)) {
                    throw new Killed();
                }
            })) {
                for (int i = 0; i < 40; i++) {
                    call(run, samples, random, "acme", "r" + round + "-" + i, truth, i % 10 != 9);
                    call(run, samples, random, "bolt", "r" + round + "-" + i, truth, true);
                    if (i == 20) {
                        run.mover.endPart().join();
                        kills.set(true);
                    }
                }
                assertThatThrownBy(() -> run.mover.endPart().join())
                        .isInstanceOf(CompletionException.class)
                        .hasCauseInstanceOf(Killed.class);
            }
        }
        try (Run last = run("last")) {
            last.mover.endPart().join();
            Map<String, Long> rows = new HashMap<>();
            for (String tenant : List.of("acme", "bolt")) {
                for (UsageRecord row : last.rows(tenant)) {
                    String id = tenant + row.opening().asked().requestId();
                    assertThat(rows.put(id, row.costNanoUsd()))
                            .as("seed %d, %s", seed, id)
                            .isNull();
                }
            }
            assertThat(rows).as("seed %d", seed).isEqualTo(truth);
            // The ledger numbers what is written a moment later.
            await().untilAsserted(() -> assertThat(sum(parts(last), "calls")).isEqualTo(truth.size()));
            List<JsonNode> parts = parts(last);
            assertThat(parts.stream().map(part -> part.path("segment").asString()))
                    .doesNotHaveDuplicates();
            assertThat(sum(parts, "nanoUsd"))
                    .isEqualTo(
                            truth.values().stream().mapToLong(Long::longValue).sum());
            assertThat(sum(parts, "bounded")).isEqualTo(12);
        }
    }

    private static List<JsonNode> parts(Run run) {
        return run.entries().stream()
                .<JsonNode>map(entry -> entry.payload().orElseThrow())
                .toList();
    }

    private static void call(
            Run run, Samples samples, Random random, String tenant, String id, Map<String, Long> truth, boolean ends) {
        long ceiling = random.nextLong(1, 1_000);
        Hold hold = run.hold(samples.opening(tenant, id), ceiling);
        long cost = ends ? random.nextLong(ceiling + 1) : ceiling;
        truth.put(tenant + id, cost);
        if (ends) {
            run.budgets
                    .settle(hold, new Amounts(cost, 1, 1), samples.end().bytes())
                    .join();
        }
    }

    private static long sum(List<JsonNode> parts, String field) {
        return parts.stream()
                .mapToLong(part -> Long.parseLong(part.path(field).asString()))
                .sum();
    }

    @Test
    void aCallWhoseEndIsLostIsABoundedRowAtItsCeiling() {
        UsageOpening opening = new Samples(7).opening("acme", "r1");
        try (Run run = run("one")) {
            Hold _ = run.hold(opening, 777);
        }
        try (Run run = run("two")) {
            assertThat(run.budgets.bounded()).isEqualTo(1);
            run.mover.flush().join();
            assertThat(run.rows("acme")).singleElement().satisfies(row -> {
                assertThat(row.end()).isEqualTo(UsageEnd.lost(opening.target()));
                assertThat(row.costNanoUsd()).isEqualTo(777);
            });
        }
    }

    @Test
    void whereOneTenantsRowsAreRefusedTheBatchIsTriedAgainWithoutDoublingTheOthers() {
        var samples = new Samples(9);
        try (Run run = run("one")) {
            for (String tenant : List.of("acme", "bolt")) {
                Hold hold = run.hold(samples.opening(tenant, "r1"), 10);
                run.budgets
                        .settle(hold, new Amounts(4, 1, 1), samples.end().bytes())
                        .join();
            }
            var full = new AtomicBoolean(true);
            UsageSink columns = run.sink();
            var mover = run.mover(
                    new UsageSink() {
                        @Override
                        public void append(String tenant, List<UsageRecord> records) {
                            if (full.get() && tenant.equals("bolt")) {
                                throw CommonError.UNAVAILABLE.because("The columns are full. Try again soon.");
                            }
                            columns.append(tenant, records);
                        }

                        @Override
                        public void sync() {
                            columns.sync();
                        }

                        @Override
                        public Set<Position> kept(String tenant, String log, Position from, Position to) {
                            return columns.kept(tenant, log, from, to);
                        }
                    },
                    _ -> {});
            assertThatThrownBy(() -> mover.flush().join()).hasMessageContaining("full");
            full.set(false);
            mover.flush().join();
            mover.flush().join();
            mover.stop();
            assertThat(run.rows("acme")).hasSize(1);
            assertThat(run.rows("bolt")).hasSize(1);
        }
    }

    @Test
    void aCallWithoutARecordOfUsageIsCountedAndKeepsNobodyUp() {
        try (Run run = run("one")) {
            Answer answer = run.budgets
                    .hold("acme", Set.of(), Ceiling.of(new Amounts(5, 1, 1)))
                    .join();
            run.budgets
                    .settle(((Answer.Held) answer).hold(), new Amounts(5, 1, 1), new byte[0])
                    .join();
            Hold hold = run.hold(new Samples(3).opening("acme", "r1"), 10);
            run.budgets
                    .settle(hold, new Amounts(4, 1, 1), new Samples(3).end().bytes())
                    .join();
            run.mover.flush().join();
            assertThat(run.mover.unread()).isEqualTo(1);
            assertThat(run.rows("acme")).hasSize(1);
        }
    }
}
