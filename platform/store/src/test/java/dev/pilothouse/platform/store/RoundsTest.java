package dev.pilothouse.platform.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RoundsTest {
    private final List<List<Integer>> begun = new ArrayList<>();
    private final List<CompletableFuture<List<Integer>>> open = new ArrayList<>();

    private CompletableFuture<List<Integer>> begin(List<Integer> wishes) {
        begun.add(wishes);
        var round = new CompletableFuture<List<Integer>>();
        open.add(round);
        return round;
    }

    private void end(int round) {
        open.get(round)
                .complete(begun.get(round).stream().map(each -> 10 * each).toList());
    }

    @Test
    void whatIsWishedDuringARoundIsTheNext() {
        var rounds = new Rounds<>(2, this::begin);
        List<CompletableFuture<Integer>> joined =
                IntStream.rangeClosed(1, 4).mapToObj(rounds::join).toList();
        assertThat(begun).containsExactly(List.of(1));
        assertThat(joined.getFirst()).isNotDone();
        end(0);
        assertThat(joined.getFirst()).isCompletedWithValue(10);
        assertThat(begun).containsExactly(List.of(1), List.of(2, 3));
        end(1);
        end(2);
        assertThat(joined.stream().map(CompletableFuture::join)).containsExactly(10, 20, 30, 40);
        var later = rounds.join(5);
        assertThat(begun.getLast()).containsExactly(5);
        end(3);
        assertThat(later).isCompletedWithValue(50);
    }

    @Test
    void aRoundThatFailsFailsItsWishesAndNoOthers() {
        var rounds = new Rounds<>(10, this::begin);
        var first = rounds.join(1);
        var second = rounds.join(2);
        open.getFirst().completeExceptionally(new IllegalStateException("the database is away"));
        assertThatThrownBy(first::join)
                .isInstanceOf(CompletionException.class)
                .hasMessageContaining("the database is away");
        end(1);
        assertThat(second).isCompletedWithValue(20);
    }

    @Test
    void aRoundThatDoesNotBeginFailsItsWishesToo() {
        var rounds = new Rounds<Integer, Integer>(10, _ -> {
            throw new IllegalStateException("closed");
        });
        assertThatThrownBy(rounds.join(1)::join).hasMessageContaining("closed");
        assertThatThrownBy(rounds.join(2)::join).hasMessageContaining("closed");
    }

    @Test
    void ofManyThreadsEachGetsItsOwnAndNoTwoRoundsRunAtOnce() throws InterruptedException {
        var running = new AtomicInteger();
        var rounds = new Rounds<Integer, Integer>(
                7,
                wishes -> CompletableFuture.supplyAsync(() -> {
                    assertThat(running.incrementAndGet()).isEqualTo(1);
                    List<Integer> results =
                            wishes.stream().map(each -> 10 * each).toList();
                    running.decrementAndGet();
                    return results;
                }));
        var right = new AtomicInteger();
        var done = new CountDownLatch(8);
        for (int thread = 0; thread < 8; thread++) {
            int base = 1_000 * thread;
            Thread.ofVirtual().start(() -> {
                for (int i = 0; i < 1_000; i++) {
                    right.addAndGet(rounds.join(base + i).join() == 10 * (base + i) ? 1 : 0);
                }
                done.countDown();
            });
        }
        done.await();
        assertThat(right).hasValue(8_000);
    }
}
