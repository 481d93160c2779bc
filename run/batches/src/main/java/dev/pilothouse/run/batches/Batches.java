package dev.pilothouse.run.batches;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.breaker.Breaker;
import dev.pilothouse.pay.budgets.Budgets;
import dev.pilothouse.pay.budgets.Reservations;
import dev.pilothouse.pay.prices.Prices;
import dev.pilothouse.pay.usage.UsageSink;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.gateway.Gateway;
import dev.pilothouse.run.gateway.GatewayError;
import dev.pilothouse.run.gateway.Identity;
import dev.pilothouse.run.guards.Guards;
import dev.pilothouse.trust.ledger.Ledger;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Front door of files and batches. Thread-safe; its methods wait for providers, and are for threads of one's own.
 *
 * <p>A batch's ceiling is reserved in the database before its provider hears of it. While it runs, one server after the other looks
 * whether it has ended; the first that sees it charges it (see {@link Settler}). Where the answer to its making is lost, with a server or
 * on the way, it is found at the provider by a mark in its metadata, or released where the provider has none.
 */
public final class Batches implements AutoCloseable {
    /**
     * What batches stand on.
     *
     * @param store with {@link #MIGRATIONS}
     * @param usage where records of usage are kept for good
     */
    public record Sources(
            Store store,
            Gateway gateway,
            Prices prices,
            Budgets budgets,
            Reservations reservations,
            Breaker breaker,
            Guards guards,
            UsageSink usage,
            Ledger ledger,
            Ids ids,
            InstantSource clock) {}

    /** The tables of this module. */
    public static final Migrations MIGRATIONS = new Migrations("batches");

    /** How often a provider is asked about a batch. */
    public static final Duration LOOK_EVERY = Duration.ofSeconds(30);

    private static final Logger log = LoggerFactory.getLogger(Batches.class);
    private static final InputStream NOTHING = InputStream.nullInputStream();
    private static final long MOST_TICK_MILLIS = 1_000;
    /** So many that a provider that does not answer leaves room for others. */
    private static final int LOOKS_AT_ONCE = 64;

    private static final int MOST_PAGES = 20;
    /** How far a provider's clock may be behind. */
    private static final long SKEW_SECONDS = 3_600;

    private final Sources of;
    private final ProviderFiles files;
    private final Holds holds;
    private final Settler settler;
    private final Duration lookEvery;
    private final ScheduledExecutorService ticking = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("batches").factory());
    private final ExecutorService looking = Executors.newVirtualThreadPerTaskExecutor();
    private final Semaphore looks = new Semaphore(LOOKS_AT_ONCE);

    /**
     * Begins to look after batches, those of servers that are gone too. Close it before what it stands on.
     *
     * @param folder where uploads are while they come; this process's alone
     * @param lookEvery how often a provider is asked about a batch, such as {@link #LOOK_EVERY}
     */
    public Batches(Sources of, Path folder, Duration lookEvery) {
        this.of = of;
        this.files = new ProviderFiles(of, folder);
        this.holds = new Holds(of, lookEvery);
        this.settler = new Settler(of, of.budgets().endedCalls().log());
        this.lookEvery = lookEvery;
        long tick = Math.min(MOST_TICK_MILLIS, lookEvery.toMillis());
        var _ = ticking.scheduleWithFixedDelay(this::tick, tick, tick, TimeUnit.MILLISECONDS);
    }

    ProviderFiles files() {
        return files;
    }

    /**
     * Makes a batch, once what it can cost at most is held.
     *
     * @param by who makes it
     * @param body as OpenAI has it
     * @throws PilothouseException NOT_FOUND where the organisation has no such file; INVALID; CONFLICT where {@link Holds#MOST_OPEN} are
     *     under way; {@link GatewayError#MODEL_UNPRICED}, {@link GatewayError#BUDGET_EXHAUSTED}, {@link GatewayError#AGENT_PAUSED}
     */
    Seen create(Identity by, String requestId, byte[] body) {
        ObjectNode wished = Holds.checked(Json.parseObject(body));
        StoredFile file = files.find(by.tenant(), wished.path("input_file_id").asString(""));
        StoredBatch batch =
                holds.hold(by, requestId, file, wished.path("endpoint").asString(""));
        wished.withObject("/metadata").put(Holds.MARK, batch.id());
        return begin(batch, wished);
    }

    private Seen begin(StoredBatch batch, ObjectNode wished) {
        Told told;
        try {
            told = Told.of(of.gateway()
                    .ask(
                            batch.tenant(),
                            batch.provider(),
                            "POST",
                            "/batches",
                            "application/json",
                            new ByteArrayInputStream(Json.bytes(wished))));
        } catch (PilothouseException lost) {
            if (lost.code() == CommonError.UNAVAILABLE || lost.code() == CommonError.NOT_FOUND) {
                release(batch);
                throw lost;
            }
            return foundNow(batch).orElseThrow(() -> lost);
        }
        if (told.isOk()) {
            return begun(batch, told.document(batch.provider()));
        }
        if (told.status() < 500) {
            release(batch);
            return new Seen(told.shown(batch.provider()), Optional.empty());
        }
        return foundNow(batch).orElseGet(() -> new Seen(told, Optional.empty()));
    }

    /** The batch where the provider has it though it did not say so; else a later look will tell. */
    private Optional<Seen> foundNow(StoredBatch batch) {
        try {
            return found(batch).map(document -> begun(batch, document));
        } catch (RuntimeException e) {
            log.warn("Nobody knows yet whether {} has the batch {}; it is looked for", batch.provider(), batch.id(), e);
            return Optional.empty();
        }
    }

    private Seen begun(StoredBatch batch, ObjectNode document) {
        ObjectNode shown = shown(document);
        long next = of.clock().millis() + lookEvery.toMillis();
        of.store().writeAndWait(tx -> {
            SqlBatches.begun(tx, batch.id(), Told.id(document, "id"), Json.write(shown), next);
            return next;
        });
        return seen(batch.id(), Told.json(shown));
    }

    private Seen seen(String id, Told told) {
        return new Seen(told, of.store().read(tx -> SqlBatches.batch(tx, id)));
    }

    /** Without our mark. */
    private static ObjectNode shown(ObjectNode document) {
        ObjectNode shown = document.deepCopy();
        if (shown.path("metadata") instanceof ObjectNode metadata) {
            metadata.remove(Holds.MARK);
        }
        return shown;
    }

    /** Frees what is held of a batch that its provider does not have. */
    private void release(StoredBatch batch) {
        of.store()
                .writeAndWait(tx ->
                        SqlBatches.remove(tx, batch.id()) && of.reservations().settle(tx, batch.id(), List.of()));
    }

    /**
     * What a client is told of a batch.
     *
     * @param batch as it stands here; empty where there is none
     */
    record Seen(Told told, Optional<StoredBatch> batch) {}

    /**
     * A batch of a tenant.
     *
     * @throws PilothouseException NOT_FOUND
     */
    private StoredBatch find(String tenant, String id) {
        return of.store()
                .read(tx -> SqlBatches.batch(tx, tenant, id))
                .orElseThrow(
                        () -> CommonError.NOT_FOUND.because("No batch found with id '" + RequestLine.brief(id) + "'."));
    }

    /** The newest of a tenant's batches, from behind one on, and whether more follow. */
    ObjectNode list(Caller caller, String after, int limit) {
        Optional<StoredBatch> last = after.isEmpty() ? Optional.empty() : Optional.of(find(caller.tenant(), after));
        List<StoredBatch> found = of.store()
                .read(tx -> SqlBatches.batches(
                        tx,
                        caller.tenant(),
                        last.map(StoredBatch::createdAt).orElse(Long.MAX_VALUE),
                        last.map(StoredBatch::id).orElse(""),
                        limit + 1));
        return Page.of(found, limit, StoredBatch::providerId, StoredBatch::document);
    }

    /** A batch as its provider has it now; charged where it has ended. */
    Seen get(Caller caller, String id) {
        StoredBatch batch = find(caller.tenant(), id);
        return look(batch, "GET", "");
    }

    /** Ends a batch early; what was answered of it is charged once the provider has ended it. */
    Seen cancel(Caller caller, String id) {
        StoredBatch batch = find(caller.tenant(), id);
        return look(batch, "POST", "/cancel");
    }

    private Seen look(StoredBatch batch, String method, String action) {
        Told told = Told.of(of.gateway()
                .ask(batch.tenant(), batch.provider(), method, "/batches/" + batch.providerId() + action, "", NOTHING));
        if (!told.isOk()) {
            return new Seen(told.shown(batch.provider()), Optional.of(batch));
        }
        ObjectNode document = told.document(batch.provider());
        ObjectNode shown = shown(document);
        String text = Json.write(shown);
        if (!text.equals(batch.document())) {
            of.store().writeAndWait(tx -> {
                SqlBatches.tell(tx, batch.id(), text);
                return text;
            });
        }
        try {
            if (!batch.stage().isCharged() && settler.see(batch, document)) {
                looking.execute(settler::record);
            }
        } catch (RuntimeException e) {
            log.warn(
                    "The batch {} of {} could not be charged; it is tried again",
                    batch.providerId(),
                    batch.provider(),
                    e);
            giveUpQuietly(batch);
        }
        return seen(batch.id(), Told.json(shown));
    }

    /** Looks at what is due, and keeps the records that are left. */
    private void tick() {
        try {
            looking.execute(settler::record);
            int room = looks.availablePermits();
            long now = of.clock().millis();
            List<StoredBatch> due = room == 0 ? List.of() : of.store().read(tx -> SqlBatches.due(tx, now, room));
            for (StoredBatch batch : due) {
                // One server looks at a time; a look that fails is made again by whoever is next.
                long next = now + lookEvery.toMillis();
                if (of.store().writeAndWait(tx -> SqlBatches.claim(tx, batch, next))) {
                    looks.acquireUninterruptibly();
                    looking.execute(() -> lookQuietly(batch));
                }
            }
        } catch (RuntimeException e) {
            log.warn("Batches could not be looked after; the next try is in a while", e);
        }
    }

    private void lookQuietly(StoredBatch batch) {
        try {
            if (batch.stage() == StoredBatch.Stage.HELD) {
                recover(batch);
            } else if (!look(batch, "GET", "").told().isOk()) {
                settler.giveUp(batch);
            }
        } catch (RuntimeException e) {
            log.warn("The batch {} of {} could not be looked at; it is again", batch.id(), batch.provider(), e);
            giveUpQuietly(batch);
        } finally {
            looks.release();
        }
    }

    private void giveUpQuietly(StoredBatch batch) {
        try {
            settler.giveUp(batch);
        } catch (RuntimeException e) {
            log.error("The batch {} of {} cannot be charged", batch.id(), batch.provider(), e);
        }
    }

    /** Goes on with a batch whose making was not answered, or frees what it holds. */
    private void recover(StoredBatch batch) {
        Optional<ObjectNode> document = found(batch);
        if (document.isPresent()) {
            Seen _ = begun(batch, document.get());
        } else {
            release(batch);
        }
    }

    /** A batch at its provider, by our mark; empty where the provider does not have it. */
    private Optional<ObjectNode> found(StoredBatch batch) {
        String after = "";
        for (int page = 0; page < MOST_PAGES; page++) {
            Told told = Told.of(of.gateway()
                    .ask(batch.tenant(), batch.provider(), "GET", "/batches?limit=100" + after, "", NOTHING));
            if (!told.isOk()) {
                throw GatewayError.UPSTREAM_FAILED.because(
                        "The list of batches was answered with " + told.status() + ".");
            }
            ObjectNode list = Json.parseObject(told.body());
            List<ObjectNode> data = Stream.of(list.path("data"))
                    .flatMap(all -> all.valueStream())
                    .filter(ObjectNode.class::isInstance)
                    .map(ObjectNode.class::cast)
                    .toList();
            for (ObjectNode document : data) {
                if (document.path("metadata").path(Holds.MARK).asString("").equals(batch.id())) {
                    return Optional.of(Told.json(document).document(batch.provider()));
                }
            }
            String last = data.isEmpty() ? "" : Told.id(data.getLast(), "id");
            boolean older = !data.isEmpty()
                    && data.getLast().path("created_at").asLong(0) < batch.createdAt() / 1_000 - SKEW_SECONDS;
            if (last.isEmpty() || older || !list.path("has_more").asBoolean(false)) {
                return Optional.empty();
            }
            after = "&after=" + last;
        }
        throw GatewayError.UPSTREAM_FAILED.because("The list of batches has no end.");
    }

    /** Looks after no batch any more. */
    @Override
    public void close() {
        ticking.shutdownNow();
        try {
            boolean _ = ticking.awaitTermination(5, TimeUnit.SECONDS);
            looking.shutdownNow();
            boolean _ = looking.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
