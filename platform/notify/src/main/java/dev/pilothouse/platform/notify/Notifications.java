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
import java.util.regex.Pattern;

/** Front door of notifications. Thread-safe. */
public final class Notifications implements AutoCloseable {
    /** Notifications' tables; the store also needs those of jobs. */
    public static final Migrations MIGRATIONS = new Migrations("notify");

    private static final String JOB = "notify.webhook";

    private static final Pattern MAIL_ADDRESS =
            Pattern.compile("[A-Za-z0-9._%+'=-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
                    + "(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*");

    private final Store store;
    private final Jobs jobs;
    private final WebhookSecrets secrets;
    private final NotifyConfig config;
    private final InstantSource clock;
    private final Ids ids;
    private final SqlDeliveryStore sql = new SqlDeliveryStore();
    private final Senders senders;

    /**
     * Notifications in a store that was opened with {@link #MIGRATIONS}; their attempts are jobs.
     *
     * @param mail the mail server; without one no e-mail is sent
     */
    public Notifications(
            Store store,
            Jobs jobs,
            WebhookSecrets secrets,
            StoredAddresses addresses,
            NotifyConfig config,
            Optional<MailConfig> mail,
            InstantSource clock) {
        this.store = store;
        this.jobs = jobs;
        this.secrets = secrets;
        this.config = config;
        this.clock = clock;
        this.ids = Ids.secure(clock);
        this.senders = new Senders(config, mail, secrets, addresses);
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

    /** Whether a text is one plain e-mail address. */
    public static boolean isMailAddress(String text) {
        return text.length() <= 254 && MAIL_ADDRESS.matcher(text).matches();
    }

    /**
     * Sends a message once the transaction has committed, again and again until the receiver takes it or it is dead.
     *
     * @param to where it goes; see {@link #parse} for its addresses
     * @return id of the delivery
     */
    public String send(Tx tx, String tenant, Channel to, News news) {
        if (to.address().getScheme().startsWith("http")) {
            AddressGuard.parse(to.address().toString());
        }
        Instant now = now();
        var delivery = new Delivery(
                tenant,
                ids.next(),
                to.form(),
                to.address(),
                news.type(),
                news.subject(),
                Messages.of(to.form(), news, now),
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

    /** What could not be delivered about a subject so far, or at all, the newest first. */
    public static List<Delivery> troubles(Tx tx, String tenant, String subject, int limit) {
        return new SqlDeliveryStore().troubles(tx, tenant, subject, limit);
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
        Attempt attempt = senders.send(delivery, now());
        store.writeAndWait(tx -> {
            Delivery after = after(delivery, attempt, now());
            sql.update(tx, after);
            after.nextAt().ifPresent(next -> schedule(tx, after, next));
            sql.forget(tx, now().minus(config.keep()));
            run.done(tx);
            return after;
        });
    }

    private Delivery after(Delivery delivery, Attempt attempt, Instant now) {
        int attempts = delivery.attempts() + 1;
        return switch (attempt) {
            case Attempt.Taken taken ->
                moved(delivery, Delivery.State.DELIVERED, attempts, taken.how(), Optional.empty(), Optional.of(now));
            case Attempt.Refused refused ->
                moved(delivery, Delivery.State.DEAD, attempts, refused.why(), Optional.empty(), Optional.of(now));
            case Attempt.Failed failed
            when attempts >= config.attempts() ->
                moved(delivery, Delivery.State.DEAD, attempts, failed.why(), Optional.empty(), Optional.of(now));
            case Attempt.Failed failed ->
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
                from.form(),
                from.url(),
                from.type(),
                from.subject(),
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
        senders.close();
    }
}
