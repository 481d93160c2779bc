package dev.pilothouse.run.gateway;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.ClientFactoryOptions;
import com.linecorp.armeria.common.HttpMethod;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.breaker.Breaker;
import dev.pilothouse.pay.budgets.Budgets;
import dev.pilothouse.pay.budgets.Paces;
import dev.pilothouse.pay.prices.PriceTable;
import dev.pilothouse.pay.prices.Prices;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.spans.Span;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.cache.ResponseCache;
import dev.pilothouse.run.guards.Guards;
import dev.pilothouse.run.probes.Probed;
import dev.pilothouse.run.probes.Probes;
import dev.pilothouse.run.probes.ProviderState;
import dev.pilothouse.run.providers.Declarations;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.providers.ModelRoute.Target;
import dev.pilothouse.run.providers.Provider;
import dev.pilothouse.run.providers.ProviderAnswer;
import dev.pilothouse.run.providers.TargetHealth;
import dev.pilothouse.run.splits.Splits;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.secrets.Secrets;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Front door of the gateway: which providers there are, and which alias asks whom. What is declared counts here at once, in other
 * replicas within a second. Thread-safe.
 */
public final class Gateway implements AutoCloseable {
    /** The tables of this module. */
    public static final Migrations MIGRATIONS = new Migrations("gateway");

    private static final Logger log = LoggerFactory.getLogger(Gateway.class);
    private static final long LOOK_SECONDS = 1;
    private static final long PROBE_LOOK_MILLIS = 250;

    /** What a tenant has declared. */
    private record Setup(Map<String, Upstream> upstreams, Map<String, ModelRoute> routes) {
        static final Setup NONE = new Setup(Map.of(), Map.of());
    }

    private final Store store;
    private final GatewayBook book;
    private final Secrets secrets;
    private final Prices prices;
    private final Budgets budgets;
    private final Paces paces;
    private final Breaker breaker;
    private final Guards guards;
    private final ResponseCache cache;
    private final InstantSource clock;
    private final GatewayConfig config;
    private final Optional<Consumer<Span>> spans;
    private final Probes probes;
    private final TargetHealth health;
    private volatile Runnable onProbed = () -> {};
    private final Splits splits = new Splits();
    /** Made with the first provider, since making it takes a good part of a second. Guarded by this. */
    private @Nullable ClientFactory connections;

    private final ScheduledExecutorService looking = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("gateway").factory());
    private volatile Map<String, Setup> setups = Map.of();

    /**
     * A gateway over a store that was opened with {@link #MIGRATIONS}. Close it before what it stands on.
     *
     * @param spans is told of each call to a target, and never waits
     */
    public Gateway(
            Store store,
            Ledger ledger,
            Secrets secrets,
            Prices prices,
            Budgets budgets,
            Paces paces,
            Breaker breaker,
            Guards guards,
            ResponseCache cache,
            InstantSource clock,
            GatewayConfig config,
            Optional<Consumer<Span>> spans) {
        this.store = store;
        this.book = new GatewayBook(ledger, clock);
        this.secrets = secrets;
        this.prices = prices;
        this.budgets = budgets;
        this.paces = paces;
        this.breaker = breaker;
        this.guards = guards;
        this.cache = cache;
        this.clock = clock;
        this.config = config;
        this.spans = spans;
        this.probes = new Probes(System::nanoTime, clock, RandomGenerator.getDefault(), this::probed);
        this.health = new TargetHealth(System::nanoTime, probes::isDown);
        reload();
        secrets.onChange(() -> looking.execute(this::reload));
        var _ = looking.scheduleWithFixedDelay(this::reload, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
        var _ = looking.scheduleWithFixedDelay(
                probes::look, PROBE_LOOK_MILLIS, PROBE_LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void probed(ProviderState state) {
        log.info(
                "The provider {} {}",
                state.provider(),
                state.isUp() ? "answers probes" : "answers no probes: " + state.why());
        if (state.isUp()) {
            health.recovered(state.tenant(), state.provider());
        }
        onProbed.run();
    }

    /** What probes told of providers, of all tenants. */
    public List<ProviderState> probed() {
        return probes.states();
    }

    /** Who is told that probes tell otherwise of a provider than before; takes the place of who was told before. */
    public void onProbed(Runnable then) {
        onProbed = then;
    }

    /** What probes told of a provider; empty where it has none, or was not asked yet. */
    Optional<ProviderState> probed(String tenant, String provider) {
        return probes.state(tenant, provider);
    }

    /** What is declared, for who changes it together with something else. */
    public GatewayBook book() {
        return book;
    }

    /** As {@link GatewayBook#put(dev.pilothouse.platform.store.Tx, Caller, Provider)}, in a transaction of its own. */
    public void put(Caller by, Provider provider) {
        store.writeAndWait(tx -> {
            book.put(tx, by, provider);
            return provider;
        });
        reload();
    }

    /** As {@link GatewayBook#put(dev.pilothouse.platform.store.Tx, Caller, ModelRoute)}, in a transaction of its own. */
    public ModelRoute put(Caller by, ModelRoute route) {
        ModelRoute declared = store.writeAndWait(tx -> book.put(tx, by, route));
        reload();
        return declared;
    }

    /** As {@link GatewayBook#removeProvider}, in a transaction of its own. */
    public void removeProvider(Caller by, String name) {
        store.writeAndWait(tx -> {
            book.removeProvider(tx, by, name);
            return name;
        });
        reload();
    }

    /** As {@link GatewayBook#removeRoute}, in a transaction of its own. */
    public void removeRoute(Caller by, String alias) {
        store.writeAndWait(tx -> {
            book.removeRoute(tx, by, alias);
            return alias;
        });
        reload();
    }

    /** A tenant's providers, by name. */
    public List<Provider> providers(String tenant) {
        return setup(tenant).upstreams.values().stream().map(Upstream::provider).toList();
    }

    /** A tenant's aliases, by name. */
    public List<ModelRoute> routes(String tenant) {
        return List.copyOf(setup(tenant).routes.values());
    }

    /**
     * The alias that a request names.
     *
     * @throws PilothouseException {@link GatewayError#UNKNOWN_MODEL}
     */
    ModelRoute route(String tenant, String alias) {
        Map<String, ModelRoute> routes = setup(tenant).routes;
        ModelRoute route = routes.get(alias);
        if (route == null) {
            throw GatewayError.UNKNOWN_MODEL.because("The model '" + alias + "' does not exist here."
                    + Nearest.hint(alias, routes.keySet()) + " GET /v1/models lists those that do.");
        }
        return route;
    }

    /** As {@link #route}; empty where there is none, such as a ladder's rung that nobody declared. */
    Optional<ModelRoute> routeIfAny(String tenant, String alias) {
        return Optional.ofNullable(setup(tenant).routes.get(alias));
    }

    /** Who is called for a target; empty where its provider was removed meanwhile. */
    Optional<Upstream> upstream(String tenant, Target target) {
        return Optional.ofNullable(setup(tenant).upstreams.get(target.provider()));
    }

    /**
     * Asks a provider what is no call of a model, such as for a file: below its address, with its key. Waits for the head of the
     * answer, so that it is for a thread of one's own.
     *
     * @param path below the provider's address, with its query
     * @param contentType of the body; empty where there is none
     * @param body read as the provider takes it
     * @throws PilothouseException NOT_FOUND where the provider is not declared any more, UNAVAILABLE where it cannot be reached, so
     *     that nothing was sent; {@link GatewayError#UPSTREAM_FAILED} where it breaks off, {@link GatewayError#UPSTREAM_TIMEOUT} where
     *     it does not answer within its deadline
     */
    public ProviderAnswer ask(
            String tenant, String provider, String method, String path, String contentType, InputStream body) {
        Upstream upstream = setup(tenant).upstreams.get(provider);
        if (upstream == null) {
            throw CommonError.NOT_FOUND.because("The provider '" + provider + "' is not declared any more."
                    + Nearest.hint(provider, setup(tenant).upstreams.keySet()));
        }
        return upstream.ask(HttpMethod.valueOf(method), path, contentType, body);
    }

    PriceTable prices(String tenant) {
        return prices.current(tenant);
    }

    Budgets budgets() {
        return budgets;
    }

    Paces paces() {
        return paces;
    }

    /** How calls of aliases are split for the moment, for who decides on it. */
    public Splits splits() {
        return splits;
    }

    Breaker breaker() {
        return breaker;
    }

    Guards guards() {
        return guards;
    }

    ResponseCache cache() {
        return cache;
    }

    TargetHealth health() {
        return health;
    }

    InstantSource clock() {
        return clock;
    }

    /** Who is told of calls, if anybody. */
    Optional<Consumer<Span>> spans() {
        return spans;
    }

    GatewayConfig config() {
        return config;
    }

    private Setup setup(String tenant) {
        return setups.getOrDefault(tenant, Setup.NONE);
    }

    /** Makes what is declared count in this process now. */
    public synchronized void reload() {
        try {
            var next = new HashMap<String, Setup>();
            for (SqlGateway.Row row : store.read(SqlGateway::all)) {
                Setup setup = next.computeIfAbsent(row.tenant(), _ -> new Setup(new TreeMap<>(), new TreeMap<>()));
                var document = Json.parseObject(row.document().getBytes(StandardCharsets.UTF_8));
                if (row.kind().equals(SqlGateway.Kind.PROVIDER.label())) {
                    setup.upstreams.put(
                            row.name(), upstream(row.tenant(), Declarations.provider(row.name(), document)));
                } else {
                    setup.routes.put(row.name(), Declarations.route(row.name(), document));
                }
            }
            // So that no event loop is the first to ask for a tenant's prices, which would wait for the store.
            next.keySet().forEach(prices::current);
            dropChanged(next);
            setups = next;
            probes.set(next.entrySet().stream()
                    .flatMap(tenant -> tenant.getValue().upstreams.values().stream()
                            .flatMap(upstream -> upstream.provider().probe().stream()
                                    .map(probe -> new Probed(
                                            tenant.getKey(),
                                            upstream.provider().name(),
                                            probe,
                                            () -> upstream.ask(probe)))))
                    .toList());
        } catch (RuntimeException e) {
            log.warn("Providers and aliases could not be read again; those known before go on to count", e);
        }
    }

    /** Kept answers of aliases that are gone or are declared otherwise now would never be given again. */
    private void dropChanged(Map<String, Setup> next) {
        setups.forEach((tenant, setup) -> {
            Map<String, ModelRoute> after = next.getOrDefault(tenant, Setup.NONE).routes;
            setup.routes.forEach((alias, route) -> {
                if (!route.equals(after.get(alias))) {
                    cache.drop(tenant, Optional.of(alias));
                }
            });
        });
    }

    /** The one that is there already, with its connections, where nothing has changed. */
    private Upstream upstream(String tenant, Provider provider) {
        String key = key(tenant, provider);
        Upstream known = setup(tenant).upstreams.get(provider.name());
        return known != null && known.isFor(provider, key)
                ? known
                : new Upstream(provider, key, connections(), config.maxAnswer());
    }

    private synchronized ClientFactory connections() {
        if (connections == null) {
            connections = ClientFactory.builder()
                    .idleTimeout(Duration.ofSeconds(50))
                    .eventLoopSchedulerFactory(SameLoop::new)
                    .useHttp1Pipelining(false)
                    // A request's head and its body go out together, as its answer does (see the edge).
                    .option(ClientFactoryOptions.CHANNEL_PIPELINE_CUSTOMIZER, Gateway::flushTogether)
                    .build();
        }
        return connections;
    }

    private static void flushTogether(ChannelPipeline pipeline) {
        pipeline.addFirst(
                new FlushConsolidationHandler(FlushConsolidationHandler.DEFAULT_EXPLICIT_FLUSH_AFTER_FLUSHES, true));
    }

    private String key(String tenant, Provider provider) {
        if (provider.secret().isEmpty()) {
            return "";
        }
        return secrets.values(tenant, "", List.of(provider.secret())).getOrDefault(provider.secret(), "");
    }

    /** Ends all connections to providers. */
    @Override
    public synchronized void close() {
        looking.shutdownNow();
        if (connections != null) {
            // Which takes some seconds, for tasks that nobody will give it.
            var _ = connections.closeAsync();
        }
    }
}
