package dev.pilothouse.platform.jobs;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One loop that fires schedules, claims due jobs for free places, gives signs of life, and forgets old jobs. */
final class JobRunner implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(JobRunner.class);
    private static final Duration PRUNE_EACH = Duration.ofHours(1);
    private static final int ERROR_LENGTH = 2000;

    private record Registration(JobHandler handler, RetryPolicy policy) {}

    private final Store store;
    private final InstantSource clock;
    private final Ids ids;
    private final RandomGenerator random;
    private final JobsConfig config;
    private final String name;
    private final Map<String, Registration> handlers = new ConcurrentHashMap<>();
    private final Semaphore places;
    private final Map<Thread, SqlJobs.Claim> runs = new ConcurrentHashMap<>();
    /** Permits are wake-ups; all that came meanwhile are taken together. */
    private final Semaphore wakeUps = new Semaphore(0);

    private final Semaphore ended = new Semaphore(0);
    private @Nullable Thread loop;
    private @Nullable Thread heart;
    private volatile boolean closed;
    private long prunedAt;

    JobRunner(Store store, InstantSource clock, Ids ids, RandomGenerator random, JobsConfig config) {
        this.store = store;
        this.clock = clock;
        this.ids = ids;
        this.random = random;
        this.config = config;
        this.name = ids.next();
        this.places = new Semaphore(config.concurrency());
    }

    void register(String kind, RetryPolicy policy, JobHandler handler) {
        if (handlers.putIfAbsent(kind, new Registration(handler, policy)) != null) {
            throw new IllegalStateException("The kind of job '" + kind + "' has a handler already.");
        }
        wake();
    }

    synchronized void start() {
        if (loop != null || closed) {
            return;
        }
        if (store.dialect() == Dialect.SQLITE) {
            store.<Integer>writeAndWait(SqlJobs::orphan);
        }
        loop = Thread.ofVirtual().name("jobs").start(this::serve);
        heart = Thread.ofVirtual().name("jobs-leases").start(this::beat);
    }

    void wake() {
        wakeUps.release();
    }

    private void serve() {
        while (!closed) {
            Duration wait = config.poll();
            try {
                wait = step();
            } catch (RuntimeException e) {
                log.warn("Jobs could not be looked for; the next try is in {}.", wait, e);
            }
            try {
                if (wakeUps.tryAcquire(Math.max(1, wait.toMillis()), TimeUnit.MILLISECONDS)) {
                    wakeUps.drainPermits();
                }
            } catch (InterruptedException _) {
                return;
            }
        }
    }

    /** Fires and claims what is due; answers how long nothing else will be. */
    private Duration step() {
        long now = clock.millis();
        Set<String> kinds = Set.copyOf(handlers.keySet());
        Optional<Long> firing = store.read(SqlCrons::nextAt);
        if (firing.isPresent() && firing.get() <= now) {
            store.<Integer>writeAndWait(tx -> fire(tx, now));
            return Duration.ZERO;
        }
        if (now - prunedAt > PRUNE_EACH.toMillis()) {
            prunedAt = now;
            store.<Integer>writeAndWait(
                    tx -> SqlJobs.prune(tx, now - config.keepDone().toMillis()));
        }
        int free = places.availablePermits();
        if (kinds.isEmpty() || free == 0) {
            return config.poll();
        }
        Optional<Long> due = store.read(tx -> SqlJobs.nextDue(tx, kinds));
        if (due.isPresent() && due.get() <= now) {
            long until = now + config.lease().toMillis();
            List<SqlJobs.Claim> claims = store.writeAndWait(tx -> SqlJobs.claim(tx, kinds, name, now, until, free));
            claims.forEach(this::launch);
            return claims.isEmpty() ? config.poll() : Duration.ZERO;
        }
        long next = Math.min(due.orElse(Long.MAX_VALUE), firing.orElse(Long.MAX_VALUE));
        return next == Long.MAX_VALUE
                ? config.poll()
                : Duration.ofMillis(Math.min(config.poll().toMillis(), next - now));
    }

    private int fire(Tx tx, long now) {
        List<SqlCrons.Cron> due = SqlCrons.due(tx, now);
        for (SqlCrons.Cron cron : due) {
            SqlJobs.enqueue(
                    tx, cron.tenant(), ids.next(), cron.kind(), "cron/" + cron.name(), cron.payload(), now, now);
            Instant next = CronExpression.parse(cron.expression())
                    .next(Instant.ofEpochMilli(now), cron.zone())
                    .orElse(Instant.ofEpochMilli(Long.MAX_VALUE));
            SqlCrons.fired(tx, cron, next.toEpochMilli());
        }
        return due.size();
    }

    private void launch(SqlJobs.Claim claim) {
        places.acquireUninterruptibly();
        Thread run = Thread.ofVirtual().name("job-" + claim.kind()).unstarted(() -> {
            try {
                run(claim);
            } finally {
                places.release();
                runs.remove(Thread.currentThread());
                ended.release();
                wake();
            }
        });
        runs.put(run, claim);
        run.start();
    }

    private void run(SqlJobs.Claim claim) {
        Registration registration = handlers.get(claim.kind());
        if (registration == null) {
            return;
        }
        Throwable failure = null;
        if (claim.attempt() > registration.policy().attempts()) {
            failure = CommonError.UNAVAILABLE.because("Its runner stopped without a word, time and again.");
        } else {
            try {
                registration.handler().run(new JobRun(claim, clock));
            } catch (Throwable e) {
                failure = e;
            }
        }
        try {
            if (failure == null) {
                store.writeAndWait(tx -> SqlJobs.finish(tx, claim, JobState.DONE, null, clock.millis()));
            } else if (!closed || !Thread.currentThread().isInterrupted()) {
                failed(claim, registration.policy(), failure);
            }
        } catch (RuntimeException e) {
            log.warn("The end of job {} ({}) could not be saved; it will run again.", claim.id(), claim.kind(), e);
        }
    }

    private void failed(SqlJobs.Claim claim, RetryPolicy policy, Throwable failure) {
        String error = describe(failure);
        boolean last = claim.attempt() >= policy.attempts();
        log.warn(
                "Job {} ({}) failed in attempt {} of {}{}",
                claim.id(),
                claim.kind(),
                claim.attempt(),
                policy.attempts(),
                last ? " and is given up." : ".",
                failure);
        long wait = policy.after(claim.attempt(), random).toMillis();
        store.writeAndWait(tx -> {
            long now = clock.millis();
            if (!last && SqlJobs.retry(tx, claim, error, now + wait)) {
                return true;
            }
            String why = last ? error : error + " A newer job with the same key takes its place.";
            return SqlJobs.finish(tx, claim, JobState.FAILED, why, now);
        });
    }

    private static String describe(Throwable failure) {
        String text =
                failure instanceof PilothouseException said ? said.detail() : String.valueOf(failure.getMessage());
        return text.length() <= ERROR_LENGTH ? text : text.substring(0, ERROR_LENGTH);
    }

    private void beat() {
        long each = Math.max(1, config.lease().toMillis() / 3);
        while (!closed) {
            try {
                TimeUnit.MILLISECONDS.sleep(each);
                List<SqlJobs.Claim> held = List.copyOf(runs.values());
                if (!held.isEmpty() && !closed) {
                    store.<Integer>writeAndWait(tx -> SqlJobs.renew(
                            tx, held, clock.millis() + config.lease().toMillis()));
                }
            } catch (InterruptedException _) {
                return;
            } catch (RuntimeException e) {
                log.warn("The leases of running jobs could not be renewed; the next try is in {} ms.", each, e);
            }
        }
    }

    @Override
    public void close() {
        Thread serving;
        Thread beating;
        synchronized (this) {
            closed = true;
            serving = loop;
            beating = heart;
        }
        wake();
        try {
            if (serving != null) {
                serving.join();
            }
            long end = System.nanoTime() + config.grace().toNanos();
            while (!runs.isEmpty() && ended.tryAcquire(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                log.debug("{} jobs still run.", runs.size());
            }
            runs.keySet().forEach(Thread::interrupt);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        if (beating != null) {
            beating.interrupt();
        }
    }
}
