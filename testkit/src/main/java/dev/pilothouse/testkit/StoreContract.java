package dev.pilothouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.platform.store.Snapshot;
import dev.pilothouse.platform.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What every store keeps; SQLite and PostgreSQL inherit it. */
public abstract class StoreContract {
    /** The migrations the contract needs: the prefix {@code probe} with the table {@code probe_row}. */
    protected static final String PREFIX = "probe";

    /** The store under test, with the tables of {@link #PREFIX}. */
    protected abstract Store store();

    /** Closes the store under test and opens it again. */
    protected abstract Store reopened();

    @Test
    void anAnsweredWriteIsReadByTheNextRead() {
        assertThat(store().<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "a", 1)))
                .isEqualTo(1);
        assertThat(store().<Long>read(tx -> SqlProbe.count(tx))).isEqualTo(1);
    }

    @Test
    void aUnitThatThrowsLeavesNoRowAndItsNeighboursStay() {
        List<CompletableFuture<Integer>> futures = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            int n = i;
            futures.add(store().write(tx -> {
                SqlProbe.insert(tx, "row" + n, n);
                if (n % 10 == 3) {
                    throw new IllegalArgumentException("unit " + n);
                }
                return n;
            }));
        }
        for (int i = 0; i < 100; i++) {
            if (i % 10 == 3) {
                assertThat(futures.get(i))
                        .failsWithin(10, TimeUnit.SECONDS)
                        .withThrowableThat()
                        .withRootCauseInstanceOf(IllegalArgumentException.class)
                        .withMessageContaining("unit " + i);
            } else {
                assertThat(futures.get(i)).succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(i);
            }
        }
        assertThat(store().<Long>read(tx -> SqlProbe.count(tx))).isEqualTo(90);
    }

    @Test
    void aSnapshotStaysAsItWasWhileOthersWrite() {
        store().<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "before", 1));
        try (Snapshot snapshot = store().snapshot()) {
            store().<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "after", 2));
            assertThat(snapshot.<Long>read(tx -> SqlProbe.count(tx))).isEqualTo(1);
            assertThat(store().<Long>read(tx -> SqlProbe.count(tx))).isEqualTo(2);
            assertThat(snapshot.<Long>read(tx -> SqlProbe.count(tx))).isEqualTo(1);
        }
        store().<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "later", 3));
        assertThat(store().<Long>read(tx -> SqlProbe.count(tx))).isEqualTo(3);
    }

    @Test
    void theUnitsOwnExceptionReachesTheCaller() {
        assertThatThrownBy(() -> store().writeAndWait(tx -> {
                    SqlProbe.insert(tx, "x", 1);
                    throw new IllegalStateException("no such model");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no such model");
        assertThatThrownBy(() -> store().read(_ -> {
                    throw new IllegalStateException("no such run");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no such run");
    }

    @Test
    void aBrokenConstraintFailsOnlyItsUnit() {
        store().<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "a", 1));
        assertThatThrownBy(() -> store().<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "a", 2)))
                .isInstanceOf(RuntimeException.class);
        store().<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "b", 2));
        assertThat(store().<Long>read(tx -> SqlProbe.count(tx))).isEqualTo(2);
    }

    @Test
    void actionsRunAfterCommitAndNeverAfterARollback() {
        var committed = new AtomicInteger();
        store().<Integer>writeAndWait(tx -> {
            tx.afterCommit(committed::incrementAndGet);
            return SqlProbe.insert(tx, "a", 1);
        });
        assertThat(committed).hasValue(1);
        assertThatThrownBy(() -> store().<Integer>writeAndWait(tx -> {
                    tx.afterCommit(committed::incrementAndGet);
                    throw new IllegalStateException("rolled back");
                }))
                .hasMessage("rolled back");
        assertThat(committed).hasValue(1);
    }

    @Test
    void concurrentUnitsAreAllSavedExactlyOnce() {
        store().<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "counter", 0));
        List<Thread> callers = new ArrayList<>();
        for (int c = 0; c < 8; c++) {
            int caller = c;
            callers.add(Thread.startVirtualThread(() -> {
                for (int i = 0; i < 25; i++) {
                    String id = caller + "-" + i;
                    store().<Integer>writeAndWait(tx -> {
                        SqlProbe.increment(tx, "counter");
                        return SqlProbe.insert(tx, id, 1);
                    });
                }
            }));
        }
        callers.forEach(StoreContract::join);
        Store again = reopened();
        assertThat(again.<Long>read(tx -> SqlProbe.count(tx))).isEqualTo(201);
        assertThat(again.<Long>read(tx -> SqlProbe.value(tx, "counter"))).isEqualTo(200);
    }

    @Test
    void aReadSeesOneSnapshotWhileOthersWrite() throws Exception {
        store().<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "a", 1));
        var looked = new CountDownLatch(1);
        var written = new CountDownLatch(1);
        CompletableFuture<List<Long>> both = store().readAsync(tx -> {
            long before = SqlProbe.count(tx);
            looked.countDown();
            written.await();
            return List.of(before, SqlProbe.count(tx));
        });
        looked.await();
        store().<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "b", 2));
        written.countDown();
        assertThat(both).succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(List.of(1L, 1L));
        assertThat(store().<Long>read(tx -> SqlProbe.count(tx))).isEqualTo(2);
    }

    @Test
    void aReadCannotWrite() {
        assertThatThrownBy(() -> store().<Integer>read(tx -> SqlProbe.insert(tx, "a", 1)))
                .isInstanceOf(RuntimeException.class);
        assertThat(store().<Long>read(tx -> SqlProbe.count(tx))).isZero();
    }

    @Test
    void openingAgainKeepsTheRowsAndRunsNoMigrationTwice() {
        store().<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "a", 1));
        Store again = reopened();
        assertThat(again.<Long>read(tx -> SqlProbe.count(tx))).isEqualTo(1);
    }

    @Test
    void aClosedStoreRefusesInWords() {
        Store store = store();
        store.close();
        assertThatThrownBy(() -> store.<Integer>writeAndWait(tx -> SqlProbe.insert(tx, "a", 1)))
                .hasMessageContaining("is closing");
        assertThatThrownBy(() -> store.<Long>read(tx -> SqlProbe.count(tx))).hasMessageContaining("is closing");
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
