package dev.pilothouse.pay.budgets;

import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Rounds;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Where the calls of a server ask for what only the database can tell. What many ask at once is one transaction: they change
 * the same few rows. Thread-safe.
 */
final class TreasuryDesk {
    private static final int MOST = 200;

    private final Rounds<List<SqlTreasury.Draw>, SqlTreasury.Drawn> draws;
    private final Rounds<List<Account.Key>, List<SqlTreasury.Recall>> recalls;
    private final Rounds<List<SqlTreasury.Recall>, Boolean> looks;

    /**
     * @param recalled is told of each round of recalls, which this server is to answer, too
     */
    TreasuryDesk(Store store, Replica replica, Runnable recalled) {
        draws = new Rounds<>(
                MOST,
                calls -> store.write(tx -> {
                    SqlTreasury.alone(tx);
                    return SqlTreasury.drawAll(tx, replica.id(), calls);
                }));
        recalls = new Rounds<>(
                MOST, calls -> store.write(tx -> recallAll(tx, calls)).whenComplete((_, _) -> recalled.run()));
        looks = new Rounds<>(MOST, calls -> store.write(tx -> awaited(tx, replica, calls)));
    }

    private static List<Boolean> awaited(Tx tx, Replica replica, List<List<SqlTreasury.Recall>> calls) {
        Set<SqlTreasury.Recall> asked = calls.stream().flatMap(List::stream).collect(Collectors.toSet());
        Set<SqlTreasury.Recall> awaited = SqlTreasury.awaited(tx, asked, replica::isOver);
        return calls.stream()
                .map(recalls -> recalls.stream().anyMatch(awaited::contains))
                .toList();
    }

    private static List<List<SqlTreasury.Recall>> recallAll(Tx tx, List<List<Account.Key>> calls) {
        SqlTreasury.alone(tx);
        Set<Account.Key> keys = calls.stream().flatMap(List::stream).collect(Collectors.toSet());
        Map<Account.Key, SqlTreasury.Recall> recalled = SqlTreasury.recall(tx, keys).stream()
                .collect(Collectors.toMap(SqlTreasury.Recall::key, Function.identity()));
        return calls.stream()
                .map(each -> each.stream()
                        .filter(recalled::containsKey)
                        .map(recalled::get)
                        .toList())
                .toList();
    }

    /** Leases what a call needs of all accounts, or nothing of any. */
    CompletableFuture<SqlTreasury.Drawn> draw(List<SqlTreasury.Draw> call) {
        return draws.join(call);
    }

    /** Asks all servers to give back what they do not hold; not of accounts that are gone. */
    CompletableFuture<List<SqlTreasury.Recall>> recall(Collection<Account.Key> keys) {
        return recalls.join(List.copyOf(keys));
    }

    /** Whether a server that lives has not answered yet, this one among them. */
    CompletableFuture<Boolean> isAwaited(List<SqlTreasury.Recall> asked) {
        return looks.join(asked);
    }
}
