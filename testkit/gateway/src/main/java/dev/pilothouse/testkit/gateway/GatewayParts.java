package dev.pilothouse.testkit.gateway;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.pay.breaker.Breaker;
import dev.pilothouse.pay.breaker.BreakerConfig;
import dev.pilothouse.pay.budgets.Budgets;
import dev.pilothouse.pay.budgets.Declarations;
import dev.pilothouse.pay.budgets.Paces;
import dev.pilothouse.pay.prices.PriceFormat;
import dev.pilothouse.pay.prices.Prices;
import dev.pilothouse.platform.jobs.Jobs;
import dev.pilothouse.platform.jobs.JobsConfig;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.notify.Notifications;
import dev.pilothouse.platform.notify.NotifyConfig;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.cache.CacheConfig;
import dev.pilothouse.run.cache.ResponseCache;
import dev.pilothouse.run.guards.Guards;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.secrets.Secrets;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a server's gateway stands on, over a store that stays open. Guards may ask webhooks of this machine. Close it after the gateway.
 */
public final class GatewayParts implements AutoCloseable {
    /** Prefixes of the tables that these parts and a gateway need. */
    public static final List<String> TABLES = List.of(
            "journal", "ledger", "prices", "secrets", "budgets", "jobs", "notify", "breaker", "guards", "cache",
            "gateway");

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final InstantSource clock = InstantSource.system();
    private final Leases leases;
    private final Replica replica;
    private final Ledger ledger;
    private final Prices prices;
    private final Secrets secrets;
    private final Budgets budgets;
    private final Declarations declarations;
    private final Paces paces;
    private final Breaker breaker;
    private final Guards guards;
    private final ResponseCache cache = new ResponseCache(CacheConfig.STANDARD);

    /**
     * Of a server.
     *
     * @param store with {@link #TABLES}
     * @param folder for keys, which servers of one store share, and for each server's log of spend
     * @param server its name among those of the store; one that is started again is another replica with the same log
     */
    public GatewayParts(Store store, Path folder, String server) {
        var journal = open(new Journal(store));
        leases = new Leases(store);
        var keys = KeyFolder.open(folder.resolve("keys"));
        ledger = open(Ledger.open(store, journal, leases, keys, clock));
        prices = new Prices(store, ledger, clock);
        secrets = new Secrets(store, ledger, keys, clock);
        Ids ids = Ids.secure(clock);
        replica = open(new Replica(store, leases, ids.next()));
        budgets = open(new Budgets(store, replica, folder.resolve("spend-" + server), clock));
        declarations = new Declarations(store, budgets, ledger, clock);
        paces = open(new Paces(declarations));
        var jobs = open(new Jobs(store, clock, ids, new SecureRandom(), JobsConfig.STANDARD));
        var notifications = open(new Notifications(
                store,
                jobs,
                (_, _) -> new byte[32],
                (_, _, _) -> Optional.empty(),
                NotifyConfig.STANDARD,
                Optional.empty(),
                clock));
        breaker = open(new Breaker(
                store,
                replica,
                leases,
                ledger,
                notifications,
                _ -> List.of(),
                Breaker.Ceilings.NONE,
                BreakerConfig.STANDARD,
                clock));
        guards = open(new Guards(store, ledger, secrets, new SimpleMeterRegistry(), Set.of("127.0.0.1"), clock));
    }

    /** Closes another part before these, the last that was opened first. */
    public <T extends AutoCloseable> T open(T part) {
        opened.push(part);
        return part;
    }

    /** Imports prices that contracts overlay; a source's second import takes the place of its first. */
    public void price(Caller by, String source, String yaml) {
        prices.importFile(
                by,
                new Prices.Import(
                        PriceFormat.OVERLAY,
                        source,
                        "",
                        Instant.EPOCH,
                        Optional.empty(),
                        yaml.getBytes(StandardCharsets.UTF_8)));
    }

    public InstantSource clock() {
        return clock;
    }

    public Leases leases() {
        return leases;
    }

    public Replica replica() {
        return replica;
    }

    public Ledger ledger() {
        return ledger;
    }

    public Prices prices() {
        return prices;
    }

    public Secrets secrets() {
        return secrets;
    }

    public Budgets budgets() {
        return budgets;
    }

    public Declarations declarations() {
        return declarations;
    }

    public Paces paces() {
        return paces;
    }

    public Breaker breaker() {
        return breaker;
    }

    public Guards guards() {
        return guards;
    }

    public ResponseCache cache() {
        return cache;
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
