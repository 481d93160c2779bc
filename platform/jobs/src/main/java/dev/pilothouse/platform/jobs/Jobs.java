package dev.pilothouse.platform.jobs;

import dev.pilothouse.kernel.Ids;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Front door of durable jobs. One per process and store. Thread-safe. */
public final class Jobs implements AutoCloseable {
    /** The tables of jobs; give them to the store when opening it. */
    public static final Migrations MIGRATIONS = new Migrations("jobs");

    private final Store store;
    private final InstantSource clock;
    private final Ids ids;
    private final JobRunner runner;

    /**
     * Jobs in a store that was opened with {@link #MIGRATIONS}.
     *
     * @param random for the spread of retries
     */
    public Jobs(Store store, InstantSource clock, Ids ids, RandomGenerator random, JobsConfig config) {
        this.store = store;
        this.clock = clock;
        this.ids = ids;
        this.runner = new JobRunner(store, clock, ids, random, config);
    }

    /** Says who runs a kind of job, with {@link RetryPolicy#STANDARD}. Before or after {@link #start}. */
    public void register(String kind, JobHandler handler) {
        register(kind, RetryPolicy.STANDARD, handler);
    }

    /** Says who runs a kind of job and how it is tried again. Jobs of kinds without a handler here wait. */
    public void register(String kind, RetryPolicy policy, JobHandler handler) {
        runner.register(kind, policy, handler);
    }

    /** Begins to run jobs. */
    public void start() {
        runner.start();
    }

    /**
     * Asks for a job in the transaction of the state that wants it.
     *
     * @param key while a job of the same tenant, kind and key is pending, no second is made and the earlier of the two
     *     times holds; null where each call makes one
     * @param notBefore when it may start
     * @return the id of the job made, or of the one that was pending
     */
    public String enqueue(
            Tx tx, String tenant, String kind, @Nullable String key, ObjectNode payload, Instant notBefore) {
        String id =
                SqlJobs.enqueue(tx, tenant, ids.next(), kind, key, payload, notBefore.toEpochMilli(), clock.millis());
        tx.afterCommit(runner::wake);
        return id;
    }

    /** Takes a pending job back; false where it is not pending any more. */
    public boolean cancel(Tx tx, String tenant, String id) {
        return SqlJobs.cancel(tx, tenant, id, clock.millis());
    }

    /**
     * Enqueues a job whenever a schedule fires, in a unit of its own. Calling it again with the same name replaces the
     * schedule; the same schedule keeps its next firing. Firings that were missed while nothing ran are made up for by
     * one.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@code INVALID} where the expression cannot be read
     */
    public void cron(String tenant, String name, String expression, ZoneId zone, String kind, ObjectNode payload) {
        store.writeAndWait(tx -> {
            cron(tx, tenant, name, expression, zone, kind, payload);
            return name;
        });
    }

    /** As the other, in a transaction. */
    public void cron(
            Tx tx, String tenant, String name, String expression, ZoneId zone, String kind, ObjectNode payload) {
        Instant next =
                CronExpression.parse(expression).next(clock.instant(), zone).orElseThrow();
        SqlCrons.put(tx, new SqlCrons.Cron(tenant, name, expression, zone, kind, payload, next.toEpochMilli()));
        tx.afterCommit(runner::wake);
    }

    /** Ends a schedule; false where there is none of that name. Jobs already enqueued stay. */
    public boolean removeCron(Tx tx, String tenant, String name) {
        return SqlCrons.remove(tx, tenant, name);
    }

    /** A tenant's job by id; finished ones are kept for the configured time. */
    public Optional<Job> find(String tenant, String id) {
        return store.read(tx -> SqlJobs.find(tx, tenant, id));
    }

    /**
     * A tenant's jobs, the newest first.
     *
     * @param kind only these; empty for all
     * @param state only these; empty for all
     * @param before id of the last job already seen, empty to begin with
     */
    public List<Job> list(
            String tenant, Optional<String> kind, Optional<JobState> state, Optional<String> before, int limit) {
        return store.read(tx -> SqlJobs.list(
                tx, tenant, kind.orElse(""), state.map(JobState::label).orElse(""), before.orElse(""), limit));
    }

    /**
     * Takes no more jobs and waits for the running ones as long as the configuration grants; those that go on longer are
     * interrupted, and run again later.
     */
    @Override
    public void close() {
        runner.close();
    }
}
