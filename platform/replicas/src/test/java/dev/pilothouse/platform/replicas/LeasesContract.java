package dev.pilothouse.platform.replicas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.store.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What leases keep on every store. */
abstract class LeasesContract {
    abstract Store store();

    @Test
    void aLeaseIsTakenOnceItsHolderWasSilentAndThenFencesTheOldOne() {
        var time = new AtomicLong();
        var holder = new Leases(store(), () -> 7);
        var other = new Leases(store(), time::get);
        Lease first = holder.acquire("sequencer", "p1", Duration.ofSeconds(10)).orElseThrow();
        assertThat(other.acquire("sequencer", "p2", Duration.ofSeconds(10))).isEmpty();
        time.addAndGet(TimeUnit.SECONDS.toNanos(8));
        Lease renewed = holder.renew(first, Duration.ofSeconds(10)).orElseThrow();
        assertThat(renewed.epoch()).isEqualTo(first.epoch());
        time.addAndGet(TimeUnit.SECONDS.toNanos(8));
        assertThat(other.acquire("sequencer", "p2", Duration.ofSeconds(10))).isEmpty();
        time.addAndGet(TimeUnit.SECONDS.toNanos(9));
        assertThat(other.acquire("sequencer", "p2", Duration.ofSeconds(10))).isEmpty();
        time.addAndGet(TimeUnit.SECONDS.toNanos(1));
        Lease second = other.acquire("sequencer", "p2", Duration.ofSeconds(10)).orElseThrow();
        assertThat(second.epoch()).isGreaterThan(first.epoch());
        assertThatThrownBy(() -> store().<Integer>writeAndWait(tx -> {
                    first.check(tx);
                    return 1;
                }))
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(LeaseError.LEASE_LOST));
        assertThat(store().<Integer>writeAndWait(tx -> {
                    second.check(tx);
                    return 1;
                }))
                .isEqualTo(1);
        assertThat(holder.renew(first, Duration.ofSeconds(10))).isEmpty();
        holder.release(first);
        assertThat(holder.acquire("sequencer", "p3", Duration.ofSeconds(10))).isEmpty();
        other.release(second);
        Optional<Lease> third = holder.acquire("sequencer", "p3", Duration.ofSeconds(10));
        assertThat(third.orElseThrow().epoch()).isGreaterThan(second.epoch());
    }

    @Test
    void aProcessThatTakesUpItsOwnLeaseNeedNotWait() {
        var leases = new Leases(store());
        Lease before = leases.acquire("sequencer", "p1", Duration.ofHours(1)).orElseThrow();
        Lease after = new Leases(store())
                .acquire("sequencer", "p1", Duration.ofHours(1))
                .orElseThrow();
        assertThat(after.epoch()).isGreaterThan(before.epoch());
        assertThat(leases.renew(before, Duration.ofHours(1))).isEmpty();
    }

    @Test
    void ofManyThatAskAtOnceOneGetsTheLease() throws Exception {
        var holders = new ArrayList<Lease>();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < 8; i++) {
            String owner = "p" + i;
            var leases = new Leases(store());
            threads.add(Thread.ofVirtual()
                    .start(() -> leases.acquire("one", owner, Duration.ofHours(1))
                            .ifPresent(lease -> {
                                synchronized (holders) {
                                    holders.add(lease);
                                }
                            })));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(holders).hasSize(1);
    }

    @Test
    void aTenureIsHeldWhileItIsAskedForAndGoesOnAtOnceAfterItsRelease() {
        var time = new AtomicLong();
        var first = new Tenure(new Leases(store()), "work", "p1", Duration.ofSeconds(3));
        var second = new Tenure(new Leases(store(), time::get), "work", "p2", Duration.ofSeconds(3));
        Lease held = first.hold().orElseThrow();
        assertThat(first.hold()).hasValue(held);
        assertThat(second.hold()).isEmpty();
        first.release();
        assertThat(second.hold().orElseThrow().epoch()).isGreaterThan(held.epoch());
        assertThat(first.hold()).isEmpty();
    }

    @Test
    void epochsOfALeaseNeverRepeat() {
        var epochs = new HashSet<Long>();
        var leases = new Leases(store());
        for (int i = 0; i < 20; i++) {
            Lease lease = leases.acquire("one", "p" + i, Duration.ofSeconds(3)).orElseThrow();
            assertThat(epochs.add(lease.epoch())).isTrue();
            leases.release(lease);
        }
        assertThat(List.copyOf(epochs)).isNotEmpty();
    }
}
