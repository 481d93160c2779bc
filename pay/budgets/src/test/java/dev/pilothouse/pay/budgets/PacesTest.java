package dev.pilothouse.pay.budgets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.pay.pacing.Ladder;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.testkit.ManualClock;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PacesTest {
    private static final Scope TEAM = new Scope(Scope.Kind.TEAM, "research");
    private static final Scope AGENT = new Scope(Scope.Kind.AGENT, "crawler");

    @TempDir
    Path folder;

    private final ManualClock clock = new ManualClock(Instant.parse("2026-06-15T00:00:00Z"));

    private static Budget budget(String id, Scope scope, String alias, int price) {
        return new Budget(
                id,
                "acme",
                id,
                scope,
                Window.DAY,
                ZoneOffset.UTC,
                Unit.NANO_USD,
                1_000_000,
                Budget.THRESHOLDS,
                new Ladder(List.of(new Ladder.Rung(alias, 100, price))),
                List.of());
    }

    @Test
    void callsGoToTheCheapestModelThatABudgetAsksForUntilTheNextWindow() {
        try (var store = TestStore.sqlite(folder.resolve("store"), "journal", "ledger", "budgets");
                var journal = new Journal(store);
                var ledger =
                        Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock);
                var replica = new Replica(store, new Leases(store), "one");
                var budgets = new Budgets(store, replica, folder.resolve("log"), clock)) {
            var declarations = new Declarations(store, budgets, ledger, clock);
            var paces = new Paces(declarations);
            budgets.put(budget("team", TEAM, "small", 10));
            budgets.put(budget("agent", AGENT, "smaller", 5));
            paces.look();
            assertThat(paces.step(budgets.of("acme", Set.of(TEAM, AGENT)), "session"))
                    .isEmpty();

            // By noon 980,000 of a million are spent, half of the calls with a model at a tenth of the price.
            clock.advance(Duration.ofHours(12));
            spend(budgets, declarations, TEAM, 980_000);
            paces.served(
                    budgets.of("acme", Set.of(TEAM)),
                    new Amounts(1_960_000, 1, 1),
                    new Amounts(980_000, 1, 1),
                    new Amounts(4_000, 1, 1));
            assertThat(paces.remaining(budgets.of("acme", Set.of(TEAM)).getFirst()))
                    .as("a call of this server, before the next look")
                    .hasValue(20_000);
            paces.look();
            assertThat(paces.remaining(budgets.of("acme", Set.of(TEAM)).getFirst()))
                    .hasValue(20_000);
            assertThat(paces.remaining(budgets.of("acme", Set.of(AGENT)).getFirst()))
                    .hasValue(1_000_000);

            assertThat(paces.step(budgets.of("acme", Set.of(TEAM, AGENT)), "session"))
                    .hasValueSatisfying(step -> assertThat(step.alias()).isEqualTo("small"));
            assertThat(paces.step(budgets.of("acme", Set.of(AGENT)), "session")).isEmpty();
            assertThat(paces.step(budgets.of("other", Set.of(TEAM)), "session")).isEmpty();
            Budget team = budgets.of("acme", Set.of(TEAM)).getFirst();
            // Undegraded, the second half of the day is expected to cost as much as the first: (50,000 + 1,960,000) /
            // 0.55 / 2.
            assertThat(paces.pace(team).orElseThrow().forecast()).isEqualTo(980_000 + 1_827_272);

            spend(budgets, declarations, AGENT, 990_000);
            paces.look();
            assertThat(paces.step(budgets.of("acme", Set.of(TEAM, AGENT)), "session"))
                    .hasValueSatisfying(step -> assertThat(step.alias()).isEqualTo("smaller"));

            clock.advance(Duration.ofHours(12));
            paces.look();
            assertThat(paces.step(budgets.of("acme", Set.of(TEAM, AGENT)), "session"))
                    .isEmpty();
            paces.close();
        }
    }

    private static void spend(Budgets budgets, Declarations declarations, Scope scope, long nanoUsd) {
        var held = (Answer.Held) budgets.hold("acme", Set.of(scope), Ceiling.of(new Amounts(nanoUsd, 1, 1)))
                .join();
        budgets.settle(held.hold(), new Amounts(nanoUsd, 1, 1), new byte[0]).join();
        await().until(() -> declarations.all().stream()
                .anyMatch(each ->
                        each.budget().scope().equals(scope) && each.settled() == nanoUsd && each.leased() == 0));
    }
}
