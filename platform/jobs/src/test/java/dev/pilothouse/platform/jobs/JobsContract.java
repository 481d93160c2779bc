package dev.pilothouse.platform.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.Ids;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** What jobs do on every store. */
abstract class JobsContract {
    private static final ZoneId UTC = ZoneId.of("UTC");
    private final ManualClock clock = new ManualClock();
    private final AtomicInteger seeds = new AtomicInteger();
    private final List<Jobs> all = new ArrayList<>();

    abstract Store store();

    private Jobs jobs(int concurrency) {
        int seed = seeds.incrementAndGet();
        var made = new Jobs(
                store(),
                clock,
                new Ids(clock, new Random(seed)),
                new Random(seed),
                new JobsConfig(
                        concurrency, Duration.ofSeconds(30), Duration.ofMillis(20), Duration.ZERO, Duration.ofDays(7)));
        all.add(made);
        return made;
    }

    @AfterEach
    void stop() {
        all.forEach(Jobs::close);
    }

    private String enqueue(Jobs jobs, String kind, String key, ObjectNode payload) {
        return store().writeAndWait(tx -> jobs.enqueue(tx, "t", kind, key, payload, clock.instant()));
    }

    private JobState state(Jobs jobs, String id) {
        return jobs.find("t", id).orElseThrow().state();
    }

    @Test
    void anEnqueuedJobIsRunWithItsPayload() {
        Jobs jobs = jobs(4);
        var got = new AtomicReference<String>();
        jobs.register("mail", run -> got.set(run.payload().get("to").stringValue()));
        jobs.start();
        String id = enqueue(jobs, "mail", null, Json.object().put("to", "ada"));
        await().untilAsserted(() -> assertThat(state(jobs, id)).isEqualTo(JobState.DONE));
        assertThat(got).hasValue("ada");
    }

    @Test
    void aJobOfARolledBackTransactionNeverRuns() {
        Jobs jobs = jobs(4);
        var ran = new AtomicInteger();
        jobs.register("mail", _ -> ran.incrementAndGet());
        jobs.start();
        assertThatThrownBy(() -> store().writeAndWait(tx -> {
                    jobs.enqueue(tx, "t", "mail", null, Json.object(), clock.instant());
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        String id = enqueue(jobs, "mail", null, Json.object());
        await().untilAsserted(() -> assertThat(state(jobs, id)).isEqualTo(JobState.DONE));
        assertThat(ran).hasValue(1);
        assertThat(jobs.list("t", Optional.empty(), Optional.empty(), Optional.empty(), 10))
                .hasSize(1);
    }

    @Test
    void aKeyMakesOnePendingJobAndAnotherOnlyOnceItRuns() throws Exception {
        Jobs jobs = jobs(4);
        String first = enqueue(jobs, "index", "doc", Json.object());
        assertThat(enqueue(jobs, "index", "doc", Json.object())).isEqualTo(first);
        assertThat(enqueue(jobs, "index", "other", Json.object())).isNotEqualTo(first);
        var go = new CountDownLatch(1);
        jobs.register("index", _ -> go.await());
        jobs.start();
        await().untilAsserted(() -> assertThat(state(jobs, first)).isEqualTo(JobState.RUNNING));
        assertThat(enqueue(jobs, "index", "doc", Json.object())).isNotEqualTo(first);
        go.countDown();
    }

    @Test
    void aJobWaitsForItsTime() {
        Jobs jobs = jobs(4);
        var ran = new AtomicInteger();
        jobs.register("later", _ -> ran.incrementAndGet());
        jobs.start();
        String later = store().writeAndWait(tx -> jobs.enqueue(
                tx, "t", "later", null, Json.object(), clock.instant().plusSeconds(60)));
        String now = enqueue(jobs, "later", null, Json.object());
        await().untilAsserted(() -> assertThat(state(jobs, now)).isEqualTo(JobState.DONE));
        assertThat(state(jobs, later)).isEqualTo(JobState.PENDING);
        clock.advance(Duration.ofSeconds(60));
        await().untilAsserted(() -> assertThat(state(jobs, later)).isEqualTo(JobState.DONE));
    }

    @Test
    void aFailedJobIsTriedAgainAfterAWaitAndGivenUpAfterItsLastAttempt() {
        Jobs jobs = jobs(4);
        var attempts = new CopyOnWriteArrayList<Instant>();
        jobs.register("bad", new RetryPolicy(3, Duration.ofSeconds(10), Duration.ofMinutes(1)), _ -> {
            attempts.add(clock.instant());
            throw new IllegalStateException("the disk is on fire");
        });
        jobs.start();
        String id = enqueue(jobs, "bad", null, Json.object());
        await().untilAsserted(() -> {
            clock.advance(Duration.ofSeconds(1));
            assertThat(state(jobs, id)).isEqualTo(JobState.FAILED);
        });
        assertThat(attempts).hasSize(3);
        assertThat(Duration.between(attempts.get(0), attempts.get(1)))
                .isBetween(Duration.ofSeconds(7), Duration.ofSeconds(60));
        assertThat(Duration.between(attempts.get(1), attempts.get(2))).isGreaterThanOrEqualTo(Duration.ofSeconds(15));
        assertThat(jobs.find("t", id).orElseThrow().error()).contains("the disk is on fire");
    }

    @Test
    void theJobOfADeadRunnerIsTakenOverAndTheDeadOneCannotWrite() throws Exception {
        Jobs dead = jobs(1);
        Jobs alive = jobs(1);
        var started = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        var first = new AtomicReference<JobRun>();
        dead.register("work", run -> {
            first.set(run);
            started.countDown();
            boolean interrupted = false;
            while (true) {
                try {
                    release.await();
                    break;
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        });
        dead.start();
        String id = enqueue(dead, "work", null, Json.object());
        assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
        dead.close();
        clock.advance(Duration.ofSeconds(31));
        var attempt = new AtomicInteger();
        alive.register("work", run -> attempt.set(run.attempt()));
        alive.start();
        await().untilAsserted(() -> assertThat(state(alive, id)).isEqualTo(JobState.DONE));
        assertThat(attempt).hasValue(2);
        assertThatThrownBy(() -> store().writeAndWait(tx -> {
                    first.get().check(tx);
                    return 1;
                }))
                .hasMessageContaining("taken over by another runner");
        release.countDown();
    }

    @Test
    void twoReplicasRunEachOfManyJobsOnce() {
        var ran = new ConcurrentHashMap<String, AtomicInteger>();
        Jobs one = jobs(4);
        Jobs two = jobs(4);
        one.start();
        two.start();
        for (Jobs jobs : List.of(one, two)) {
            jobs.register(
                    "work",
                    run -> ran.computeIfAbsent(run.id(), _ -> new AtomicInteger())
                            .incrementAndGet());
        }
        for (int i = 0; i < 100; i++) {
            enqueue(i % 2 == 0 ? one : two, "work", null, Json.object());
        }
        await().untilAsserted(() -> assertThat(
                        one.list("t", Optional.of("work"), Optional.of(JobState.DONE), Optional.empty(), 200))
                .hasSize(100));
        assertThat(ran).hasSize(100);
        assertThat(ran.values()).allSatisfy(n -> assertThat(n).hasValue(1));
    }

    @Test
    void aJobFinishesInTheTransactionOfItsLastWrite() {
        Jobs jobs = jobs(4);
        jobs.register("exact", run -> {
            store().writeAndWait(tx -> {
                run.check(tx);
                run.done(tx);
                return 1;
            });
            throw new IllegalStateException("after the end");
        });
        jobs.start();
        String id = enqueue(jobs, "exact", null, Json.object());
        await().untilAsserted(() -> assertThat(state(jobs, id)).isEqualTo(JobState.DONE));
        clock.advance(Duration.ofMinutes(5));
        assertThat(state(jobs, id)).isEqualTo(JobState.DONE);
    }

    @Test
    void aScheduleFiresAndFiringsMissedAreMadeUpForByOne() {
        Jobs jobs = jobs(4);
        jobs.register("sweep", _ -> {});
        jobs.cron("t", "nightly", "0 3 * * *", UTC, "sweep", Json.object());
        jobs.cron("t", "nightly", "0 3 * * *", UTC, "sweep", Json.object());
        clock.advance(Duration.ofDays(5));
        jobs.start();
        await().untilAsserted(() -> assertThat(done(jobs)).hasSize(1));
        clock.advance(Duration.ofHours(3));
        await().untilAsserted(() -> assertThat(done(jobs)).hasSize(2));
    }

    @Test
    void aPendingJobCanBeTakenBack() {
        Jobs jobs = jobs(4);
        String id = enqueue(jobs, "work", null, Json.object());
        assertThat(store().<Boolean>writeAndWait(tx -> jobs.cancel(tx, "t", id)))
                .isTrue();
        assertThat(store().<Boolean>writeAndWait(tx -> jobs.cancel(tx, "t", id)))
                .isFalse();
        assertThat(state(jobs, id)).isEqualTo(JobState.CANCELLED);
        assertThat(jobs.find("another-tenant", id)).isEmpty();
    }

    private static List<Job> done(Jobs jobs) {
        return jobs.list("t", Optional.of("sweep"), Optional.of(JobState.DONE), Optional.empty(), 10);
    }
}
