package dev.pilothouse.ship.routing;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.pay.breaker.Breaker;
import dev.pilothouse.pay.breaker.BreakerConfig;
import dev.pilothouse.pay.budgets.Budgets;
import dev.pilothouse.pay.budgets.Declarations;
import dev.pilothouse.pay.budgets.Paces;
import dev.pilothouse.pay.prices.PriceFormat;
import dev.pilothouse.pay.prices.Prices;
import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.jobs.Jobs;
import dev.pilothouse.platform.jobs.JobsConfig;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.notify.Notifications;
import dev.pilothouse.platform.notify.NotifyConfig;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.cache.CacheConfig;
import dev.pilothouse.run.cache.ResponseCache;
import dev.pilothouse.run.gateway.Gateway;
import dev.pilothouse.run.gateway.GatewayConfig;
import dev.pilothouse.run.gateway.LlmRoutes;
import dev.pilothouse.run.guards.Guards;
import dev.pilothouse.ship.spec.Resource;
import dev.pilothouse.ship.spec.SpecReader;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.secrets.Secrets;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A server of a gateway with its routing, whose rounds a test makes. Its callers have the name of their role as key. */
final class RoutingServer implements AutoCloseable {
    static final String TENANT = "acme";
    static final Caller ADMIN = Caller.system(TENANT, "test");
    static final String[] TABLES = {
        "journal",
        "ledger",
        "prices",
        "secrets",
        "budgets",
        "jobs",
        "notify",
        "breaker",
        "guards",
        "gateway",
        "verdicts",
        "routing"
    };
    private static final String HEAD = "apiVersion: pilothouse.dev/v1\n";

    final Store store;
    final Gateway gateway;
    final Routing routing;
    final Declarations budgets;
    private final Prices prices;
    private final URI address;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** A server of a store, which stays open. */
    RoutingServer(Store store, Path folder, String name) {
        InstantSource clock = InstantSource.system();
        this.store = store;
        var journal = open(new Journal(store));
        var leases = new Leases(store);
        var keys = KeyFolder.open(folder.resolve("keys"));
        var ledger = open(Ledger.open(store, journal, leases, keys, clock));
        prices = new Prices(store, ledger, clock);
        var secrets = new Secrets(store, ledger, keys, clock);
        var replica = open(new Replica(store, leases, name));
        var book = open(new Budgets(store, replica, folder.resolve("spend-" + name), clock));
        budgets = new Declarations(store, book, ledger, clock);
        var paces = open(new Paces(budgets));
        var ids = Ids.secure(clock);
        var jobs = open(new Jobs(store, clock, ids, new SecureRandom(), JobsConfig.STANDARD));
        var notifications = open(new Notifications(
                store,
                jobs,
                (_, _) -> new byte[32],
                (_, _, _) -> Optional.empty(),
                NotifyConfig.STANDARD,
                Optional.empty(),
                clock));
        var breaker = open(new Breaker(
                store,
                replica,
                leases,
                ledger,
                notifications,
                _ -> List.of(),
                Breaker.Ceilings.NONE,
                BreakerConfig.STANDARD,
                clock));
        var guards = open(new Guards(store, ledger, secrets, new SimpleMeterRegistry(), Set.of(), clock));
        gateway = open(new Gateway(
                store,
                ledger,
                secrets,
                prices,
                book,
                paces,
                breaker,
                guards,
                new ResponseCache(CacheConfig.STANDARD),
                clock,
                GatewayConfig.STANDARD,
                Optional.empty()));
        routing = open(new Routing(store, gateway, budgets, ledger, leases, ids, clock));
        var routes = new RouteTable();
        new LlmRoutes(gateway).addTo(routes);
        new RolloutRoutes(routing).addTo(routes);
        var edge = open(Edge.start(
                EdgeConfig.onPort(0),
                routes,
                key -> CompletableFuture.completedFuture(
                        Optional.of(new Caller(TENANT, key, key, Caller.Kind.PERSON, Set.of(Role.parse(key)))))));
        address = edge.address();
    }

    private <T extends AutoCloseable> T open(T part) {
        opened.push(part);
        return part;
    }

    /** Applies documents, each without its first line. */
    void apply(String... documents) {
        String text = HEAD + String.join("---\n" + HEAD, documents);
        List<Resource> resources = SpecReader.file("pilothouse.yaml", text).resources();
        store.writeAndWait(tx -> {
            for (Resource resource : resources) {
                Optional<ObjectNode> stored = routing.stored(tx, TENANT, resource);
                if (!stored.equals(Optional.of(routing.wished(TENANT, resource)))) {
                    routing.apply(tx, ADMIN, resource);
                }
            }
            return resources;
        });
        gateway.reload();
        budgets.reload();
    }

    /** Gives a model a price in US dollars per million tokens, in and out. */
    void price(String model, String usd) {
        String rows = """
                prices:
                  - provider: sim
                    model: '%s'
                    usd-per-million: {input: %s, output: %s}
                """.formatted(model, usd, usd);
        prices.importFile(
                ADMIN,
                new Prices.Import(
                        PriceFormat.OVERLAY,
                        "of-" + Integer.toHexString(model.hashCode()),
                        "",
                        Instant.EPOCH,
                        Optional.empty(),
                        rows.getBytes(StandardCharsets.UTF_8)));
    }

    /** The newest rollout of an alias. */
    JsonNode rollout(String alias) {
        return routing.one(TENANT, alias);
    }

    String phase(String alias) {
        return rollout(alias).path("phase").stringValue();
    }

    String sentence(String alias) {
        return rollout(alias).path("sentence").stringValue();
    }

    HttpResponse<String> send(String key, String method, String path, String body) {
        try {
            return client.send(request(key, method, path, body), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A chat with an alias, not waited for. */
    CompletableFuture<HttpResponse<String>> chat(String alias, String text) {
        ObjectNode body = Json.object().put("model", alias);
        body.putArray("messages").addObject().put("role", "user").put("content", text);
        return client.sendAsync(
                request("admin", "POST", "/v1/chat/completions", Json.write(body)),
                HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest request(String key, String method, String path, String body) {
        return HttpRequest.newBuilder(address.resolve(path))
                .timeout(Duration.ofSeconds(20))
                .header("authorization", "Bearer " + key)
                .header("content-type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
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
