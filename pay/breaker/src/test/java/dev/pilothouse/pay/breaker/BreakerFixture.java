package dev.pilothouse.pay.breaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.ErrorCode;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.ForwardingStore;
import dev.pilothouse.testkit.ManualClock;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** Servers of one breaker, whose time the test moves. */
abstract class BreakerFixture {
    static final String TENANT = "acme";
    static final String AGENT = "crawler";
    static final long CENT = 10_000_000;
    static final Caller APPROVER = person("ann", Role.APPROVER);

    /** A week of learning, without the waiting. */
    static final BreakerConfig CONFIG = new BreakerConfig(
            4, 1_000_000, 100 * CENT, Duration.ofMinutes(30), Duration.ofSeconds(10), 20, 5, 50, 200, ZoneOffset.UTC);

    @TempDir
    Path folder;

    final ManualClock clock = new ManualClock(Instant.parse("2026-03-02T08:00:00Z"));
    final AtomicLong nanoTime = new AtomicLong(1);
    final List<String> told = new ArrayList<>();
    final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /** A connection of another server to the same database. */
    abstract Store connect();

    /** Ends what {@link #connect} left open. */
    void disconnect() {}

    @AfterEach
    void close() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
        disconnect();
    }

    static Caller person(String name, Role... roles) {
        return new Caller(TENANT, name, name, Caller.Kind.PERSON, Set.of(roles));
    }

    /** A store whose writes fail while it is away. */
    static final class Away extends ForwardingStore {
        volatile boolean away;

        Away(Store store) {
            super(store);
        }

        @Override
        public <T> CompletableFuture<T> write(Unit<T> unit) {
            return away
                    ? CompletableFuture.failedFuture(CommonError.UNAVAILABLE.because("The database is away."))
                    : store.write(unit);
        }
    }

    record Server(Away store, Ledger ledger, Breaker breaker) {
        boolean isPaused() {
            return breaker.admit(TENANT, AGENT) instanceof Admission.Paused;
        }

        Latch latch() {
            return ((Admission.Paused) breaker.admit(TENANT, AGENT)).latch();
        }

        void spend(long nanoUsd) {
            breaker.spent(TENANT, AGENT, nanoUsd, Instant.EPOCH);
        }
    }

    Server server(String id) {
        return server(id, CONFIG, Breaker.Ceilings.NONE);
    }

    Server server(String id, BreakerConfig config, Breaker.Ceilings ceilings) {
        var store = new Away(open(connect()));
        var leases = new Leases(store, nanoTime::get);
        Replica replica = open(new Replica(store, leases, id));
        Ledger ledger = open(
                Ledger.open(store, open(new Journal(store)), leases, KeyFolder.open(folder.resolve("keys")), clock));
        var breaker = new Breaker(
                store,
                replica,
                leases,
                ledger,
                (_, latch, event, _) -> told.add(latch.agent() + " " + event + " " + latch.number()),
                ceilings,
                config,
                clock,
                nanoTime::get);
        opened.push(breaker::crash);
        return new Server(store, ledger, breaker);
    }

    <T extends AutoCloseable> T open(T part) {
        opened.push(part);
        return part;
    }

    void pass(Duration time, Server... servers) {
        clock.advance(time);
        nanoTime.addAndGet(time.toNanos());
        for (Server server : servers) {
            server.breaker.tick();
        }
    }

    /** 65 minutes with six calls of a cent each half minute, on each server in turn. */
    void learn(Server... servers) {
        for (int i = 0; i < 130; i++) {
            for (int call = 0; call < 6; call++) {
                servers[i % servers.length].spend(CENT);
            }
            pass(Duration.ofSeconds(30), servers);
        }
        for (Server server : servers) {
            assertThat(server.breaker.admit(TENANT, AGENT)).isInstanceOf(Admission.Allowed.class);
            assertThat(server.breaker.agent(TENANT, AGENT).state().learning()).isFalse();
        }
    }

    /** Ten calls a second on each server; how many seconds pass until all have paused the agent. */
    double runAway(Server... servers) {
        for (int half = 0; half < 200; half++) {
            for (Server server : servers) {
                for (int call = 0; call < 5 && !server.isPaused(); call++) {
                    server.spend(CENT);
                }
            }
            pass(Duration.ofMillis(500), servers);
            if (List.of(servers).stream().allMatch(Server::isPaused)) {
                return (half + 1) / 2.0;
            }
        }
        throw new AssertionError("No server paused the agent within 100 s");
    }

    static void assertRefused(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
