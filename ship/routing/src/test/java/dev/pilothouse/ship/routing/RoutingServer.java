package dev.pilothouse.ship.routing;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.pay.budgets.Declarations;
import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.gateway.Gateway;
import dev.pilothouse.run.gateway.GatewayConfig;
import dev.pilothouse.run.gateway.LlmRoutes;
import dev.pilothouse.ship.spec.Resource;
import dev.pilothouse.ship.spec.SpecReader;
import dev.pilothouse.testkit.gateway.GatewayParts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A server of a gateway with its routing, whose rounds a test makes. Its callers have the name of their role as key. */
final class RoutingServer implements AutoCloseable {
    static final String TENANT = "acme";
    static final Caller ADMIN = Caller.system(TENANT, "test");
    static final String[] TABLES = Stream.concat(GatewayParts.TABLES.stream(), Stream.of("verdicts", "routing"))
            .toArray(String[]::new);
    private static final String HEAD = "apiVersion: pilothouse.dev/v1\n";

    final Store store;
    final Gateway gateway;
    final Routing routing;
    final Declarations budgets;
    private final GatewayParts parts;
    private final URI address;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** A server of a store, which stays open. */
    RoutingServer(Store store, Path folder, String name) {
        this.store = store;
        parts = new GatewayParts(store, folder, name);
        budgets = parts.declarations();
        gateway = parts.open(new Gateway(
                store,
                parts.ledger(),
                parts.secrets(),
                parts.prices(),
                parts.budgets(),
                parts.paces(),
                parts.breaker(),
                parts.guards(),
                parts.cache(),
                parts.clock(),
                GatewayConfig.STANDARD,
                Optional.empty()));
        routing = parts.open(new Routing(
                store, gateway, budgets, parts.ledger(), parts.leases(), Ids.secure(parts.clock()), parts.clock()));
        var routes = new RouteTable();
        new LlmRoutes(gateway).addTo(routes);
        new RolloutRoutes(routing).addTo(routes);
        var edge = parts.open(Edge.start(
                EdgeConfig.onPort(0),
                routes,
                key -> CompletableFuture.completedFuture(
                        Optional.of(new Caller(TENANT, key, key, Caller.Kind.PERSON, Set.of(Role.parse(key)))))));
        address = edge.address();
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
        parts.price(ADMIN, "of-" + Integer.toHexString(model.hashCode()), rows);
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
        parts.close();
    }
}
