package dev.pilothouse.server;

import dev.pilothouse.kernel.Ids;
import dev.pilothouse.know.artifacts.ArtifactRoutes;
import dev.pilothouse.know.artifacts.Artifacts;
import dev.pilothouse.know.datasets.DatasetRoutes;
import dev.pilothouse.know.datasets.Datasets;
import dev.pilothouse.know.registry.ModelLineage;
import dev.pilothouse.know.registry.ModelRoutes;
import dev.pilothouse.know.registry.Models;
import dev.pilothouse.know.tracking.RunLineage;
import dev.pilothouse.know.tracking.Tracking;
import dev.pilothouse.pay.alerts.Alerts;
import dev.pilothouse.pay.breaker.Breaker;
import dev.pilothouse.pay.breaker.BreakerConfig;
import dev.pilothouse.pay.breaker.BreakerRoutes;
import dev.pilothouse.pay.budgets.BudgetRoutes;
import dev.pilothouse.pay.budgets.Budgets;
import dev.pilothouse.pay.budgets.Declarations;
import dev.pilothouse.pay.budgets.Paces;
import dev.pilothouse.pay.budgets.Reservations;
import dev.pilothouse.pay.budgets.Scope;
import dev.pilothouse.pay.overrides.OverrideRoutes;
import dev.pilothouse.pay.overrides.Overrides;
import dev.pilothouse.pay.prices.PriceRoutes;
import dev.pilothouse.pay.prices.Prices;
import dev.pilothouse.pay.usage.ColumnsSink;
import dev.pilothouse.pay.usage.UsageMover;
import dev.pilothouse.pay.usage.UsageRoutes;
import dev.pilothouse.pay.usage.Usages;
import dev.pilothouse.platform.blobs.FileBlobs;
import dev.pilothouse.platform.columns.DuckColumns;
import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.IdempotentReplies;
import dev.pilothouse.platform.edge.Meters;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.GrpcRoute;
import dev.pilothouse.platform.http.HealthCheck;
import dev.pilothouse.platform.http.Route;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.jobs.Jobs;
import dev.pilothouse.platform.jobs.JobsConfig;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.notify.Notifications;
import dev.pilothouse.platform.notify.NotifyConfig;
import dev.pilothouse.platform.notify.NotifyRoutes;
import dev.pilothouse.platform.replicas.DatabaseClock;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.spans.Span;
import dev.pilothouse.platform.spans.SpanExporter;
import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Stores;
import dev.pilothouse.run.batches.BatchRoutes;
import dev.pilothouse.run.batches.Batches;
import dev.pilothouse.run.cache.CacheConfig;
import dev.pilothouse.run.cache.CacheRoutes;
import dev.pilothouse.run.cache.Clearings;
import dev.pilothouse.run.cache.ResponseCache;
import dev.pilothouse.run.fleet.Fleet;
import dev.pilothouse.run.fleet.FleetConfig;
import dev.pilothouse.run.gateway.Gateway;
import dev.pilothouse.run.gateway.GatewayConfig;
import dev.pilothouse.run.gateway.GatewayRoutes;
import dev.pilothouse.run.gateway.LlmRoutes;
import dev.pilothouse.run.guards.GuardRoutes;
import dev.pilothouse.run.guards.Guards;
import dev.pilothouse.run.quarantine.ProcessEnd;
import dev.pilothouse.run.quarantine.Quarantine;
import dev.pilothouse.run.quarantine.QuarantineRoutes;
import dev.pilothouse.run.serving.Endpoints;
import dev.pilothouse.run.serving.InferenceGrpc;
import dev.pilothouse.run.serving.SampleRoutes;
import dev.pilothouse.run.serving.ServingRoutes;
import dev.pilothouse.ship.delivery.Delivery;
import dev.pilothouse.ship.delivery.DeliveryRoutes;
import dev.pilothouse.ship.delivery.EnvironmentRoutes;
import dev.pilothouse.ship.evidence.LineageRoutes;
import dev.pilothouse.ship.gates.Gates;
import dev.pilothouse.ship.releases.ReleaseLineage;
import dev.pilothouse.ship.releases.SqlReleases;
import dev.pilothouse.ship.routing.RolloutRoutes;
import dev.pilothouse.ship.routing.Routing;
import dev.pilothouse.ship.verdicts.CountRecorder;
import dev.pilothouse.ship.verdicts.TrafficRoutes;
import dev.pilothouse.trust.access.AccessRoutes;
import dev.pilothouse.trust.access.FailedLogins;
import dev.pilothouse.trust.access.KeyAuthenticator;
import dev.pilothouse.trust.access.KeyRoutes;
import dev.pilothouse.trust.access.NewKey;
import dev.pilothouse.trust.access.PersonalData;
import dev.pilothouse.trust.access.SessionRoutes;
import dev.pilothouse.trust.access.Sessions;
import dev.pilothouse.trust.backup.BackupRoutes;
import dev.pilothouse.trust.backup.Backups;
import dev.pilothouse.trust.invitations.InvitationRoutes;
import dev.pilothouse.trust.invitations.Invitations;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerRoutes;
import dev.pilothouse.trust.policy.Approvals;
import dev.pilothouse.trust.policy.PolicyRoutes;
import dev.pilothouse.trust.secrets.SecretRoutes;
import dev.pilothouse.trust.secrets.Secrets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The whole program, put together once; read from top to bottom. */
final class Wiring implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Wiring.class);
    private static final String VERSION = ProgramVersion.text();
    /** Folder of the log of spend. */
    private static final String SPEND = "spend";

    /** Whose tables there are. */
    static final List<Migrations> MODULES = List.of(
            IdempotentReplies.MIGRATIONS,
            Journal.MIGRATIONS,
            Jobs.MIGRATIONS,
            Notifications.MIGRATIONS,
            Ledger.MIGRATIONS,
            dev.pilothouse.trust.access.Access.MIGRATIONS,
            Invitations.MIGRATIONS,
            Approvals.MIGRATIONS,
            Secrets.MIGRATIONS,
            Tracking.MIGRATIONS,
            Models.MIGRATIONS,
            Datasets.MIGRATIONS,
            Prices.MIGRATIONS,
            Budgets.MIGRATIONS,
            Alerts.MIGRATIONS,
            Overrides.MIGRATIONS,
            Breaker.MIGRATIONS,
            UsageMover.MIGRATIONS,
            Quarantine.MIGRATIONS,
            Guards.MIGRATIONS,
            Clearings.MIGRATIONS,
            Gateway.MIGRATIONS,
            Batches.MIGRATIONS,
            CountRecorder.MIGRATIONS,
            Delivery.MIGRATIONS,
            Routing.MIGRATIONS);

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final RouteTable routes;
    private final Edge edge;
    private final Optional<String> firstKey;

    private Wiring(ServerConfig config) {
        CompletableFuture<?> prepared = Preparation.begin();
        try {
            Path data = config.data();

            // platform
            Store store = open(Stores.open(config.store(), MODULES));
            Stores.remember(store, VERSION);
            InstantSource clock = store.dialect() == Dialect.POSTGRESQL
                    ? open(new DatabaseClock(store, System::nanoTime))
                    : InstantSource.system();
            Ids ids = Ids.secure(clock);
            var leases = new Leases(store);
            var replica = open(new Replica(store, leases, ids.next()));
            var meters = open(new Meters(dev.pilothouse.trust.access.Access.FIRST_ORGANISATION));
            var blobs = FileBlobs.open(config.blobs(), clock, config.blobGrace());
            var columns = open(DuckColumns.open(config.columns(), clock));
            var journal = open(new Journal(store));
            var random = new SecureRandom();

            // trust
            var keys = KeyFolder.open(config.keys());
            var ledger = open(Ledger.open(store, journal, leases, keys, clock));
            var failures = new FailedLogins(store, ledger, config.access(), clock);
            var authenticator = open(new KeyAuthenticator(store, failures, config.access(), clock));
            var access = new dev.pilothouse.trust.access.Access(store, ledger, authenticator, config.access(), clock);
            var approvals = open(new Approvals(store, ledger, clock));
            var secrets = new Secrets(store, ledger, keys, clock);
            var jobs = new Jobs(store, clock, ids, random, JobsConfig.STANDARD);
            var notifications = open(new Notifications(
                    store,
                    jobs,
                    (tenant, url) -> keys.derive("webhook " + tenant + " " + url),
                    (tenant, environment, name) -> Optional.ofNullable(
                            secrets.values(tenant, environment, List.of(name)).get(name)),
                    config.webhooksToLoopback() ? NotifyConfig.STANDARD.withLoopback() : NotifyConfig.STANDARD,
                    config.mail(),
                    clock));
            open(jobs);

            // know
            var artifacts = new Artifacts(store, blobs);
            var tracking = open(Tracking.open(store, artifacts, ledger, ids, clock));
            var models = new Models(store, artifacts, ledger, ids, clock);
            var datasets = open(new Datasets(store, blobs, ledger, data.resolve("datasets"), clock));

            // pay
            var prices = new Prices(store, ledger, clock);
            var budgets = open(new Budgets(store, replica, data.resolve(SPEND), clock));
            var budgetDeclarations = new Declarations(store, budgets, ledger, clock);
            var paces = open(new Paces(budgetDeclarations));
            var alerts = open(new Alerts(store, budgetDeclarations, notifications, ledger, clock));
            var overrides = open(new Overrides(store, budgetDeclarations, approvals, ledger, clock));
            var breaker = open(new Breaker(
                    store,
                    replica,
                    leases,
                    ledger,
                    notifications,
                    tenant -> budgets.of(tenant, Set.of(new Scope(Scope.Kind.ORGANISATION, tenant))).stream()
                            .flatMap(budget -> budget.told().stream())
                            .distinct()
                            .toList(),
                    Breaker.Ceilings.NONE,
                    BreakerConfig.STANDARD,
                    clock));
            var usage = new ColumnsSink(columns, config.usageRetention());
            open(new UsageMover(
                    budgets.endedCalls(),
                    usage,
                    store,
                    ledger,
                    dev.pilothouse.trust.access.Access.FIRST_ORGANISATION,
                    clock));

            // run, whose clients stand on what was prepared
            prepared.join();
            var quarantine =
                    new Quarantine(store, ledger, data.resolve("loading"), ProcessEnd.ofThisStart(data), clock);
            var endpoints = open(new Endpoints(blobs, columns, meters.registry(), quarantine, clock, config.serving()));
            var fleet = open(new Fleet(FleetConfig.of(data.resolve("fleet")), blobs::open, random));

            Optional<Consumer<Span>> spans = config.collector()
                    .map(collector -> open(new SpanExporter(collector)))
                    .map(exporter -> {
                        new ProgramMeters(meters.registry()).spans(exporter);
                        return exporter::add;
                    });
            var guards =
                    open(new Guards(store, ledger, secrets, meters.registry(), Set.copyOf(config.guardHosts()), clock));
            var cache = new ResponseCache(CacheConfig.STANDARD);
            var clearings = open(new Clearings(store, ledger, cache));
            var gateway = open(new Gateway(
                    store,
                    ledger,
                    secrets,
                    prices,
                    budgets,
                    paces,
                    breaker,
                    guards,
                    cache,
                    clock,
                    GatewayConfig.STANDARD,
                    spans));
            var batches = open(new Batches(
                    new Batches.Sources(
                            store,
                            gateway,
                            prices,
                            budgets,
                            new Reservations(store, budgets, replica, clock),
                            breaker,
                            guards,
                            usage,
                            ledger,
                            ids,
                            clock),
                    data.resolve("uploads"),
                    Batches.LOOK_EVERY));

            // ship
            var routing = open(new Routing(store, gateway, budgetDeclarations, ledger, leases, ids, clock));
            var gates = new Gates(datasets, endpoints, approvals);
            var delivery = open(new Delivery(
                    store,
                    ledger,
                    models,
                    gates,
                    endpoints,
                    fleet,
                    secrets,
                    notifications,
                    routing,
                    clock,
                    ids,
                    Path.of("").toAbsolutePath()));
            approvals.onDecision(_ -> delivery.wake());
            secrets.onChange(delivery::wake);

            // edge
            routes = new RouteTable();
            new LedgerRoutes(ledger, dev.pilothouse.trust.access.Access.FIRST_ORGANISATION).addTo(routes);
            var personalData = new PersonalData(
                    jobs, ledger, clock, List.of(SqlReleases::forget, Secrets::forget, Prices::forget));
            new AccessRoutes(access, personalData).addTo(routes);
            new KeyRoutes(access.keys()).addTo(routes);
            new InvitationRoutes(new Invitations(store, ledger, access, failures, clock)).addTo(routes);
            new SessionRoutes(
                            new Sessions(store, ledger, authenticator, clock),
                            config.edge().tls().isPresent())
                    .addTo(routes);
            new PolicyRoutes(approvals).addTo(routes);
            new SecretRoutes(secrets).addTo(routes);
            new NotifyRoutes(notifications).addTo(routes);
            tracking.addRoutes(routes);
            new ArtifactRoutes(store, artifacts, ids, clock).addTo(routes);
            new ModelRoutes(models, blobs).addRoutes(routes);
            new DatasetRoutes(datasets).addTo(routes);
            new BudgetRoutes(budgetDeclarations, paces::pace).addTo(routes);
            new OverrideRoutes(overrides).addTo(routes);
            new BreakerRoutes(breaker).addTo(routes);
            new UsageRoutes(new Usages(columns, config.usageRetention(), clock), routing::outcome, clock).addTo(routes);
            new PriceRoutes(prices).addTo(routes);
            new QuarantineRoutes(quarantine).addTo(routes);
            new LlmRoutes(gateway).addTo(routes);
            new BatchRoutes(batches).addTo(routes);
            new GatewayRoutes(gateway).addTo(routes);
            new GuardRoutes(guards).addTo(routes);
            new CacheRoutes(cache, clearings).addTo(routes);
            new ServingRoutes(endpoints, VERSION).addTo(routes);
            new SampleRoutes(columns, clock).addTo(routes);
            new DeliveryRoutes(delivery).addTo(routes);
            new RolloutRoutes(routing).addTo(routes);
            new EnvironmentRoutes(delivery).addTo(routes);
            new TrafficRoutes(store, endpoints, delivery::mustExist, clock).addTo(routes);
            new LineageRoutes(datasets, new RunLineage(store), new ModelLineage(store), new ReleaseLineage(store))
                    .addTo(routes);
            new EventRoutes(journal).addTo(routes);
            new BackupRoutes(new Backups(
                            new Backups.Sources(
                                    store,
                                    MODULES,
                                    blobs,
                                    columns,
                                    config.keys(),
                                    Map.of(SPEND, budgets.endedCalls()::hold),
                                    dev.pilothouse.trust.access.Access.FIRST_ORGANISATION,
                                    VERSION),
                            keys,
                            ledger,
                            clock))
                    .addTo(routes);
            new ConsoleRoutes().addTo(routes);
            new OpenApiRoutes().addTo(routes);
            var inference = new InferenceGrpc(endpoints, VERSION);
            Housekeeping.collectBlobs(
                    jobs,
                    leases,
                    blobs,
                    List.of(artifacts::referenced, datasets::referencedBlobs, delivery::referencedBlobs));
            jobs.start();
            approvals.start();
            paces.start();
            alerts.start();
            overrides.start();
            delivery.start();
            routing.start();
            var shown = new ProgramMeters(meters.registry());
            shown.version(VERSION);
            shown.ledger(journal);
            shown.cache(cache);
            shown.releases(delivery);
            shown.providers(gateway);
            shown.store(data);
            shown.columns(columns);
            edge = open(Edge.start(
                    config.edge(),
                    routes,
                    authenticator,
                    List.of(new GrpcRoute(
                            "oip",
                            inference,
                            Access.role(dev.pilothouse.kernel.Role.INVOKER),
                            Map.of("ServerLive", Access.open(), "ServerReady", Access.open()))),
                    Map.<String, HealthCheck>of("store", () -> {
                        Stores.ask(store);
                        return Optional.empty();
                    }),
                    IdempotentReplies.stored(store, replica, vault(keys), clock, Duration.ofHours(24), 10_000),
                    meters));
            // Last, because a start that fails shows no key, and the key is made only once.
            firstKey = access.bootstrap().map(NewKey::text);
        } catch (RuntimeException e) {
            close();
            throw e;
        } catch (IOException e) {
            close();
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Opens everything and listens.
     *
     * @throws dev.pilothouse.kernel.PilothouseException where something cannot be opened; what was opened is closed again
     */
    static Wiring start(ServerConfig config) {
        return new Wiring(config);
    }

    /** Where clients reach the server. */
    URI address() {
        return edge.address();
    }

    /** Everything that is answered. */
    List<Route> routes() {
        return routes.routes();
    }

    /** The admin key, at the first start of an installation only. */
    Optional<String> firstKey() {
        return firstKey;
    }

    /** Makes what first calls would wait for, once the server is ready and has time. */
    void prepare() {
        edge.prepareGrpc();
    }

    /** Closes what was opened, the last first. */
    @Override
    public void close() {
        while (!opened.isEmpty()) {
            AutoCloseable next = opened.pop();
            try {
                next.close();
            } catch (Exception e) {
                log.warn("{} did not close cleanly.", next.getClass().getSimpleName(), e);
            }
        }
    }

    private static IdempotentReplies.Vault vault(KeyFolder keys) {
        return new IdempotentReplies.Vault() {
            @Override
            public byte[] seal(byte[] bytes, String purpose) {
                return keys.wrap(bytes, purpose);
            }

            @Override
            public byte[] open(byte[] sealed, String purpose) {
                return keys.unwrap(sealed, purpose);
            }
        };
    }

    private <T extends AutoCloseable> T open(T part) {
        opened.push(part);
        return part;
    }
}
