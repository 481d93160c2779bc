package dev.pilothouse.pay.usage;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.pay.budgets.EndedCalls;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.segments.Position;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves the calls that have ended from this server's log of spend to where they are kept for good, each exactly once, and puts
 * digest and sums of each part of the log on the ledger before it may be deleted. Thread-safe.
 *
 * <p>A batch is noted in the log's folder, appended, synced, and noted as moved. After a crash in between, the batch comes again
 * with the same calls at the same places, and those places that are kept already are left out.
 */
public final class UsageMover implements AutoCloseable {
    /** Where the table comes from. */
    public static final Migrations MIGRATIONS = new Migrations("usage");

    static final String NOTED = "noted";
    static final String APPENDED = "appended";
    static final String SYNCED = "synced";
    static final String MOVED = "moved";
    static final String RECORDED = "recorded";

    private static final Logger log = LoggerFactory.getLogger(UsageMover.class);
    /** So few that a batch is garbage before the heap's young part has filled: else each would be copied, and kept until all is. */
    private static final int CALLS_PER_BATCH = 1_000;
    /** Some 40 MB where all texts are as long as they may be, which is below what one append takes. */
    private static final int RECORDS_PER_APPEND = 2_000;

    private static final Duration EVERY = Duration.ofSeconds(1);
    /** A part is ended after so long, so that its sums are on the ledger while few calls are made too. */
    private static final long PART_MILLIS = Duration.ofHours(1).toMillis();

    private final EndedCalls calls;
    private final UsageSink sink;
    private final Store store;
    private final Ledger ledger;
    private final Caller actor;
    private final InstantSource clock;
    private final Consumer<String> steps;
    private final LongAdder moved = new LongAdder();
    private final LongAdder unread = new LongAdder();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("usage-mover").factory());
    /** These belong to the thread. */
    private long partSince;

    private boolean inPart;

    /**
     * Begins to move, once a second.
     *
     * @param calls this server's; nobody else reads them
     * @param store with {@link #MIGRATIONS}
     * @param operator the tenant on whose ledger the parts' sums stand, since a part holds calls of all tenants
     */
    public UsageMover(
            EndedCalls calls, UsageSink sink, Store store, Ledger ledger, String operator, InstantSource clock) {
        this(calls, sink, store, ledger, operator, clock, _ -> {});
        long every = EVERY.toMillis();
        var _ = thread.scheduleWithFixedDelay(this::moveQuietly, every, every, TimeUnit.MILLISECONDS);
    }

    /** One that moves only when it is told to, and tells each step. */
    UsageMover(
            EndedCalls calls,
            UsageSink sink,
            Store store,
            Ledger ledger,
            String operator,
            InstantSource clock,
            Consumer<String> steps) {
        this.calls = calls;
        this.sink = sink;
        this.store = store;
        this.ledger = ledger;
        this.actor = Caller.system(operator, "usage");
        this.clock = clock;
        this.steps = steps;
        this.partSince = clock.millis();
    }

    /** Moves all that has ended by now; for tests and for reading one's own calls. */
    public CompletableFuture<Void> flush() {
        return CompletableFuture.runAsync(this::move, thread);
    }

    /** Ends the part of the log under way, moves it and puts its sums on the ledger, as happens each hour by itself. */
    public CompletableFuture<Void> endPart() {
        return CompletableFuture.runAsync(
                () -> {
                    move();
                    calls.endPart();
                    inPart = false;
                    move();
                },
                thread);
    }

    /** Calls moved since this was opened. */
    public long moved() {
        return moved.sum();
    }

    /** Calls since this was opened that have no record, since what was given of them is not that of usage. */
    public long unread() {
        return unread.sum();
    }

    private void moveQuietly() {
        try {
            move();
        } catch (RuntimeException e) {
            log.warn("Records of usage were not moved; the next try is in a second", e);
        }
    }

    private void move() {
        int some = moveBatch();
        while (some > 0) {
            inPart = true;
            some = moveBatch();
        }
        if (inPart && clock.millis() - partSince >= PART_MILLIS) {
            calls.endPart();
            inPart = false;
            partSince = clock.millis();
        }
        for (EndedCalls.Part part : calls.parts()) {
            record(part);
            steps.accept(RECORDED);
            calls.release(part);
        }
    }

    private int moveBatch() {
        EndedCalls.Batch batch = calls.next(CALLS_PER_BATCH);
        if (!batch.calls().isEmpty()) {
            steps.accept(NOTED);
            byTenant(batch).forEach((tenant, records) -> append(batch, tenant, records));
            sink.sync();
            steps.accept(SYNCED);
        }
        calls.moved(batch);
        moved.add(batch.calls().size());
        if (!batch.calls().isEmpty()) {
            steps.accept(MOVED);
        }
        return batch.calls().size();
    }

    private Map<String, List<UsageRecord>> byTenant(EndedCalls.Batch batch) {
        Map<String, List<UsageRecord>> byTenant = new LinkedHashMap<>();
        for (EndedCalls.Call call : batch.calls()) {
            try {
                UsageRecord each = UsageRecord.of(calls.log(), call);
                byTenant.computeIfAbsent(each.tenant(), _ -> new ArrayList<>()).add(each);
            } catch (RuntimeException e) {
                unread.increment();
                log.error("The call at {} of the log of spend has no readable record of usage", call.at(), e);
            }
        }
        return byTenant;
    }

    private void append(EndedCalls.Batch batch, String tenant, List<UsageRecord> records) {
        List<UsageRecord> missing = records;
        if (batch.repeated()) {
            Set<Position> kept = sink.kept(tenant, calls.log(), batch.from(), batch.to());
            missing = records.stream().filter(each -> !kept.contains(each.at())).toList();
        }
        for (int from = 0; from < missing.size(); from += RECORDS_PER_APPEND) {
            sink.append(tenant, missing.subList(from, Math.min(missing.size(), from + RECORDS_PER_APPEND)));
            steps.accept(APPENDED);
        }
    }

    private void record(EndedCalls.Part part) {
        var entry = new LedgerEntry(
                actor,
                "usage-part.moved",
                "usage/" + calls.log() + "/" + part.segment(),
                Json.object()
                        .put("log", calls.log())
                        .put("segment", Long.toString(part.segment()))
                        .put("digest", part.digest().toString())
                        .put("calls", Long.toString(part.calls()))
                        .put("nanoUsd", Long.toString(part.nanoUsd()))
                        .put("bounded", Long.toString(part.lost())));
        store.writeAndWait(tx -> SqlUsageParts.isFirst(tx, calls.log(), part.segment())
                ? ledger.append(tx, entry)
                : "on the ledger already");
    }

    /** Moves what has ended, then stops. Close it before the budgets, the columns and the store. */
    @Override
    public void close() {
        thread.execute(this::moveQuietly);
        stop();
    }

    /** Stops as a crash would, for tests. */
    void stop() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(30, TimeUnit.SECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
