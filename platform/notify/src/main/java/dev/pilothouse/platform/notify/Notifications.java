package dev.pilothouse.platform.notify;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.platform.jobs.JobRun;
import dev.pilothouse.platform.jobs.Jobs;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Front door of notifications. Thread-safe. */
public final class Notifications implements AutoCloseable {
    /** Notifications' tables; the store also needs those of jobs. */
    public static final Migrations MIGRATIONS = new Migrations("notify");

    private static final String JOB = "notify.webhook";

    private final Store store;
    private final Jobs jobs;
    private final WebhookSecrets secrets;
    private final NotifyConfig config;
    private final InstantSource clock;
    private final Ids ids;
    private final SqlDeliveryStore sql = new SqlDeliveryStore();
    private final WebhookSender sender;

    /** Notifications in a store that was opened with {@link #MIGRATIONS}; their attempts are jobs. */
    public Notifications(Store store, Jobs jobs, WebhookSecrets secrets, NotifyConfig config, InstantSource clock) {
        this.store = store;
        this.jobs = jobs;
        this.secrets = secrets;
        this.config = config;
        this.clock = clock;
        this.ids = Ids.secure(clock);
        this.sender = new WebhookSender(new AddressGuard(config.allowLoopback()), secrets, config.timeout());
        jobs.register(JOB, this::attempt);
    }

    /**
     * Checks that a text can be a webhook's address, without looking its host up.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link NotifyError#ADDRESS_REFUSED}
     */
    public static URI parse(String url) {
        return AddressGuard.parse(url);
    }

    /**
     * Sends a webhook once the transaction has committed, again and again until the receiver takes it or it is dead.
     *
     * @param url see {@link #parse}
     * @param type what happened, such as {@code rollout.aborted}
     * @param data the facts; sent as {@code {"type", "timestamp", "data"}}
     * @return id of the delivery
     */
    public String send(Tx tx, String tenant, URI url, String type, ObjectNode data) {
        AddressGuard.parse(url.toString());
        Instant now = now();
        ObjectNode body = Json.object().put("type", type).put("timestamp", now.toString());
        body.set("data", data);
        var delivery = new Delivery(
                tenant,
                ids.next(),
                url,
                type,
                Json.write(body),
                Delivery.State.PENDING,
                0,
                "",
                now,
                Optional.of(now),
                Optional.empty());
        sql.insert(tx, delivery);
        schedule(tx, delivery, now);
        return delivery.id();
    }

    /** A tenant's delivery by id. */
    public Optional<Delivery> find(String tenant, String id) {
        return store.read(tx -> sql.find(tx, tenant, id));
    }

    /**
     * A tenant's deliveries, the newest first.
     *
     * @param before id of the last delivery already seen, empty to begin with
     */
    public List<Delivery> list(String tenant, Optional<Delivery.State> state, String before, int limit) {
        return store.read(tx -> sql.list(tx, tenant, state, before, limit));
    }

    /**
     * Tries a dead delivery again from the beginning.
     *
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND; {@link NotifyError#NOT_DEAD}
     */
    public Delivery sendAgain(String tenant, String id) {
        return store.writeAndWait(tx -> {
            Delivery dead = sql.find(tx, tenant, id)
                    .orElseThrow(() -> CommonError.NOT_FOUND.because("There is no delivery '" + id + "'."));
            if (dead.state() != Delivery.State.DEAD) {
                throw NotifyError.NOT_DEAD.because(
                        "Delivery " + id + " is " + dead.state().label() + "; only a dead one is sent again.");
            }
            Instant now = now();
            Delivery pending =
                    moved(dead, Delivery.State.PENDING, 0, dead.outcome(), Optional.of(now), Optional.empty());
            sql.update(tx, pending);
            schedule(tx, pending, now);
            return pending;
        });
    }

    /** The secret that the receiver at an address checks signatures with, in the form {@code whsec_…}. */
    public String secretText(String tenant, URI url) {
        return WebhookSignature.text(secrets.secret(tenant, url));
    }

    private void attempt(JobRun run) throws InterruptedException {
        Optional<Delivery> found =
                find(run.tenant(), run.payload().path("delivery").asString(""));
        if (found.isEmpty() || found.get().state() != Delivery.State.PENDING) {
            return;
        }
        Delivery delivery = found.get();
        WebhookSender.Attempt attempt = sender.send(delivery, now());
        store.writeAndWait(tx -> {
            Delivery after = after(delivery, attempt, now());
            sql.update(tx, after);
            after.nextAt().ifPresent(next -> schedule(tx, after, next));
            sql.forget(tx, now().minus(config.keep()));
            run.done(tx);
            return after;
        });
    }

    private Delivery after(Delivery delivery, WebhookSender.Attempt attempt, Instant now) {
        int attempts = delivery.attempts() + 1;
        return switch (attempt) {
            case WebhookSender.Attempt.Taken taken ->
                moved(
                        delivery,
                        Delivery.State.DELIVERED,
                        attempts,
                        "The receiver answered " + taken.status() + ".",
                        Optional.empty(),
                        Optional.of(now));
            case WebhookSender.Attempt.Refused refused ->
                moved(delivery, Delivery.State.DEAD, attempts, refused.why(), Optional.empty(), Optional.of(now));
            case WebhookSender.Attempt.Failed failed
            when attempts >= config.attempts() ->
                moved(delivery, Delivery.State.DEAD, attempts, failed.why(), Optional.empty(), Optional.of(now));
            case WebhookSender.Attempt.Failed failed ->
                moved(
                        delivery,
                        Delivery.State.PENDING,
                        attempts,
                        failed.why(),
                        Optional.of(now.plus(config.waitAfter(attempts))),
                        Optional.empty());
        };
    }

    private void schedule(Tx tx, Delivery delivery, Instant at) {
        jobs.enqueue(tx, delivery.tenant(), JOB, delivery.id(), Json.object().put("delivery", delivery.id()), at);
    }

    private Instant now() {
        return Instant.ofEpochMilli(clock.millis());
    }

    private static Delivery moved(
            Delivery from,
            Delivery.State state,
            int attempts,
            String outcome,
            Optional<Instant> nextAt,
            Optional<Instant> finishedAt) {
        return new Delivery(
                from.tenant(),
                from.id(),
                from.url(),
                from.type(),
                from.body(),
                state,
                attempts,
                outcome,
                from.createdAt(),
                nextAt,
                finishedAt);
    }

    /** Ends attempts that are under way; close jobs first, so that none begins. */
    @Override
    public void close() {
        sender.close();
    }
}
