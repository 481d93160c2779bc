package dev.pilothouse.pay.budgets;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.platform.store.Stores;
import dev.pilothouse.testkit.TestPostgres;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class BudgetsOnPostgresTest extends BudgetsContract {
    private static TestPostgres server;

    private String database = "";

    @BeforeAll
    static void start() {
        server = TestPostgres.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void empty() {
        database = server.newDatabase();
    }

    @Override
    Store connect() {
        return Stores.open(StoreConfig.at(database), List.of(Budgets.MIGRATIONS));
    }

    @Override
    int servers() {
        return 3;
    }

    @Test
    void serversTakeTurnsSoThatNoneIsRefusedByTheDatabase() {
        var key = new Account.Key("team", 0);
        var runs = new AtomicInteger();
        try (Store one = connect();
                Store other = connect()) {
            one.writeAndWait(tx -> {
                SqlTreasury.raise(tx, key, 1);
                return key;
            });
            List<CompletableFuture<Integer>> all = Stream.of(one, other)
                    .flatMap(store -> IntStream.range(0, 20)
                            .mapToObj(_ -> store.write(tx -> {
                                SqlTreasury.alone(tx);
                                SqlTreasury.raise(tx, key, 1);
                                return runs.incrementAndGet();
                            })))
                    .toList();
            all.forEach(CompletableFuture::join);
            assertThat(runs).as("none ran again").hasValue(40);
            assertThat(one.<String>writeAndWait(tx -> {
                        SqlTreasury.alone(tx);
                        return tx.sql()
                                .createQuery("SHOW idle_in_transaction_session_timeout")
                                .mapTo(String.class)
                                .one();
                    }))
                    .as("so that a server that is stopped within its turn does not hold up the others")
                    .isEqualTo("10s");
        }
    }
}
