package dev.pilothouse.run.guards;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.guards.GuardPolicy.Webhook;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import dev.pilothouse.trust.secrets.Secrets;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Front door of the guards: which are declared, and which count for a call. What is declared counts here at once, in other replicas
 * within a second. Thread-safe.
 */
public final class Guards implements AutoCloseable {
    /** The tables of this module. */
    public static final Migrations MIGRATIONS = new Migrations("guards");

    /** Guards that one organisation may declare. */
    public static final int MAX_COUNT = 100;

    private static final Logger log = LoggerFactory.getLogger(Guards.class);
    private static final long LOOK_SECONDS = 1;

    private final Store store;
    private final Ledger ledger;
    private final Secrets secrets;
    private final MeterRegistry registry;
    private final WebhookClient webhooks;
    private final InstantSource clock;
    private final RateLimits limits;
    private final ScheduledExecutorService looking = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("guards").factory());
    private volatile Map<String, List<Guard>> guards = Map.of();

    /**
     * Guards over a store that was opened with {@link #MIGRATIONS}. Close it before what it stands on.
     *
     * @param secrets what webhooks' questions are signed with
     * @param registry where each guard counts and times what it does
     * @param hosts hosts of webhooks that may be asked though their addresses are private or this machine's own, and without TLS
     */
    public Guards(
            Store store,
            Ledger ledger,
            Secrets secrets,
            MeterRegistry registry,
            Set<String> hosts,
            InstantSource clock) {
        this(store, ledger, secrets, registry, hosts, clock, System::nanoTime);
    }

    /**
     * As above.
     *
     * @param ticker a clock in nanoseconds that never goes back, by which limits are kept
     */
    Guards(
            Store store,
            Ledger ledger,
            Secrets secrets,
            MeterRegistry registry,
            Set<String> hosts,
            InstantSource clock,
            LongSupplier ticker) {
        this.store = store;
        this.ledger = ledger;
        this.secrets = secrets;
        this.webhooks = new WebhookClient(hosts, clock);
        this.registry = registry;
        this.clock = clock;
        this.limits = new RateLimits(ticker);
        load();
        secrets.onChange(() -> looking.execute(this::load));
        var _ = looking.scheduleWithFixedDelay(this::load, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    }

    /**
     * Declares a guard, or declares it anew.
     *
     * @throws PilothouseException FORBIDDEN without the role {@link Role#ENGINEER}; INVALID where a schema or a regular expression
     *     cannot be used; CONFLICT where there are {@link #MAX_COUNT}
     */
    public void put(Caller by, GuardPolicy policy) {
        by.require(Role.ENGINEER);
        // What cannot be made ready is told now, and not when a call comes.
        var _ = policy.output().answer().stream().map(AnswerCheck::new).toList();
        ObjectNode document = GuardDeclarations.json(policy);
        store.writeAndWait(tx -> {
            List<String> names = SqlGuards.names(tx, by.tenant());
            if (!names.contains(policy.name()) && names.size() >= MAX_COUNT) {
                throw CommonError.CONFLICT.because("There are " + MAX_COUNT
                        + " guards, as many as an organisation may declare; remove those that nothing uses.");
            }
            SqlGuards.put(tx, by.tenant(), policy.name(), Json.write(document), clock.millis());
            return ledger.append(tx, new LedgerEntry(by, "guard.declared", "guard/" + policy.name(), document));
        });
        load();
    }

    /**
     * Removes a guard; calls that it guards go on guarded.
     *
     * @throws PilothouseException FORBIDDEN without the role; NOT_FOUND
     */
    public void remove(Caller by, String name) {
        by.require(Role.ENGINEER);
        store.writeAndWait(tx -> {
            List<String> names = SqlGuards.names(tx, by.tenant());
            if (!names.contains(name)) {
                throw CommonError.NOT_FOUND.because("There is no guard '" + name + "'." + Nearest.hint(name, names));
            }
            SqlGuards.remove(tx, by.tenant(), name);
            return ledger.append(tx, new LedgerEntry(by, "guard.removed", "guard/" + name, Json.object()));
        });
        load();
    }

    /** A tenant's guards, by name. */
    public List<GuardPolicy> policies(String tenant) {
        return guards.getOrDefault(tenant, List.of()).stream()
                .map(Guard::policy)
                .toList();
    }

    /** A tenant's guards as they were declared, by name, each with what it did here and how long it took. */
    List<ObjectNode> told(String tenant) {
        return guards.getOrDefault(tenant, List.of()).stream()
                .map(guard -> {
                    ObjectNode json = GuardDeclarations.json(guard.policy());
                    ObjectNode measured = json.putObject("measured");
                    measured.set(
                            "input",
                            GuardDeclarations.json(guard.input().meter().measured()));
                    measured.set(
                            "output",
                            GuardDeclarations.json(guard.output().meter().measured()));
                    return json;
                })
                .toList();
    }

    /**
     * Takes a call in: counts it against the limits, and gives what guards it.
     *
     * @param alias the model that it asks for
     * @param key id of its key, or empty
     * @param agent the agent that calls, or empty
     * @param requestId the request's id, by which guards that others run are asked
     * @return {@link GuardedCall#IDLE} where no guard counts for it
     * @throws PilothouseException {@link GuardError#RATE_LIMITED}
     */
    public GuardedCall admit(String tenant, String alias, String key, String agent, String requestId) {
        List<Guard> counting = counting(tenant, alias, key, agent);
        if (counting.isEmpty()) {
            return GuardedCall.IDLE;
        }
        var rates = new ArrayList<RateLimits.Rate>();
        for (Guard guard : counting) {
            GuardPolicy.Limits limit = guard.policy().limits();
            String whose =
                    switch (limit.per()) {
                        case KEY -> key;
                        case AGENT -> agent;
                        case ALIAS -> alias;
                    };
            rates.addAll(limits.rates(tenant, guard.policy().name(), limit, whose));
        }
        RateLimits.admit(rates);
        return new GuardedCall(counting, new RateLimits.Rates(rates, clock), webhooks, requestId, alias, agent);
    }

    private List<Guard> counting(String tenant, String alias, String key, String agent) {
        List<Guard> all = guards.getOrDefault(tenant, List.of());
        return all.isEmpty()
                ? all
                : all.stream()
                        .filter(guard -> guard.policy().countsFor(alias, key, agent))
                        .toList();
    }

    /**
     * What guards a request of a batch, or its answer: one of them, since they come hours apart.
     *
     * @param counts whether the meters are told; they are told once of what is looked at twice
     * @return {@link GuardedCall#IDLE} where no guard counts for it
     * @throws PilothouseException FORBIDDEN where a guard counts that has to see each call as it is made
     */
    public GuardedCall batched(String tenant, String alias, String key, String agent, boolean counts) {
        List<Guard> counting = counting(tenant, alias, key, agent);
        if (counting.isEmpty()) {
            return GuardedCall.IDLE;
        }
        for (Guard guard : counting) {
            String why = guard.policy().whyNotInBatches();
            if (!why.isEmpty()) {
                throw CommonError.FORBIDDEN.because("The guard '"
                        + guard.policy().name() + "' counts for the model '"
                        + alias + "' and " + why + ", which it cannot in a batch. Ask it call by call, or name an alias"
                        + " that no such guard counts for.");
            }
        }
        return new GuardedCall(counting, RateLimits.Rates.NONE, null, "", alias, agent, counts);
    }

    /** What is looked for in requests of a batch, in few characters: the same where it is the same, empty where it is nothing. */
    public String batchedInput(String tenant, String alias, String key, String agent) {
        List<Guard> counting = counting(tenant, alias, key, agent);
        if (counting.isEmpty()) {
            return "";
        }
        ObjectNode inputs = Json.object();
        counting.forEach(guard -> inputs.set(
                guard.policy().name(), GuardDeclarations.json(guard.policy()).path("input")));
        return Digest.of(Json.bytes(inputs)).toString();
    }

    /** Whether a tenant has any guard. */
    public boolean has(String tenant) {
        return guards.containsKey(tenant);
    }

    private synchronized void load() {
        try {
            var known = guards;
            var next = new HashMap<String, List<Guard>>();
            for (SqlGuards.Row row : store.read(SqlGuards::all)) {
                GuardPolicy policy = GuardDeclarations.policy(
                        row.name(), Json.parseObject(row.document().getBytes(StandardCharsets.UTF_8)), URI::create);
                String key = key(row.tenant(), policy);
                Guard guard = known.getOrDefault(row.tenant(), List.of()).stream()
                        .filter(other ->
                                other.policy().equals(policy) && other.key().equals(key))
                        .findFirst()
                        .orElseGet(() -> new Guard(row.tenant(), policy, key, registry));
                next.computeIfAbsent(row.tenant(), _ -> new ArrayList<>()).add(guard);
            }
            guards = next;
        } catch (RuntimeException e) {
            log.warn("Guards could not be read again; those known before go on to count", e);
        }
    }

    /** What a guard's webhook is signed with; empty where it is not. */
    private String key(String tenant, GuardPolicy policy) {
        Webhook webhook = policy.webhook();
        return webhook == null || webhook.secret().isEmpty()
                ? ""
                : secrets.values(tenant, "", List.of(webhook.secret())).getOrDefault(webhook.secret(), "");
    }

    /**
     * Reads the address of a webhook that is declared.
     *
     * @throws PilothouseException {@code address-refused}
     */
    URI webhook(String url) {
        return webhooks.parse(url);
    }

    @Override
    public void close() {
        looking.shutdownNow();
        webhooks.close();
    }
}
