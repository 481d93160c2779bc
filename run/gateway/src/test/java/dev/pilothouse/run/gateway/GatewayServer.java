package dev.pilothouse.run.gateway;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.pay.breaker.Breaker;
import dev.pilothouse.pay.budgets.Budget;
import dev.pilothouse.pay.budgets.Budgets;
import dev.pilothouse.pay.budgets.Declarations;
import dev.pilothouse.pay.budgets.Paces;
import dev.pilothouse.pay.budgets.Scope;
import dev.pilothouse.pay.budgets.Unit;
import dev.pilothouse.pay.budgets.Window;
import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.spans.Span;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.cache.CacheRoutes;
import dev.pilothouse.run.cache.Clearings;
import dev.pilothouse.run.cache.ResponseCache;
import dev.pilothouse.run.guards.GuardRoutes;
import dev.pilothouse.run.guards.Guards;
import dev.pilothouse.simulators.llm.Invoice;
import dev.pilothouse.simulators.llm.LlmSimulator;
import dev.pilothouse.simulators.llm.SimulatorConfig;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.testkit.gateway.GatewayParts;
import dev.pilothouse.trust.secrets.Secrets;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import tools.jackson.databind.JsonNode;

/** A gateway on a free port in front of a simulated provider, and a caller of the tenant {@code acme} who may do everything. */
final class GatewayServer implements AutoCloseable {
    static final String TENANT = "acme";
    static final String KEY = "a-key";
    static final String PROVIDER_KEY = "sk-provider-secret";
    static final Caller CALLER = Caller.system(TENANT, "test");
    /** Of the same organisation, with a key of its own. */
    static final String OTHER_KEY = "another-key";
    /** Of another organisation. */
    static final String RIVAL_KEY = "a-rivals-key";

    private static final Map<String, Caller> CALLERS = Map.of(
            KEY,
            CALLER,
            OTHER_KEY,
            new Caller(TENANT, "bob", "Bob", Caller.Kind.PERSON, Set.of(Role.ADMIN), "key-of-bob", List.of()),
            RIVAL_KEY,
            Caller.system("rival", "test"));
    private static final String PRICES = """
            prices:
              - provider: sim
                model: sim-mini
                usd-per-million: {input: 0.15, cache-read: 0.015, cache-write-5m: 0.1875, cache-write-1h: 0.3, output: 0.6}
              - provider: sim
                model: sim-claude
                usd-per-million: {input: 3, cache-read: 0.3, cache-write-5m: 3.75, cache-write-1h: 6, output: 15}
              - provider: sim
                model: sim-embedding
                usd-per-million: {input: 0.02, output: 0}
              - provider: sim
                model: sim-image
                usd-per-image: 0.04
              - provider: sim
                model: sim-image-tokens
                usd-per-million: {input: 5, image-output: 40}
              - provider: sim
                model: sim-speech
                usd-per-million-characters: 15
              - provider: sim
                model: sim-speech-tokens
                usd-per-million: {input: 0.6, audio-output: 12}
              - provider: sim
                model: sim-transcribe
                usd-per-audio-second: 0.0001
              - provider: sim
                model: sim-transcribe-tokens
                usd-per-million: {input: 2.5, output: 10}
              - provider: sim
                model: sim-rerank
                usd-per-request: 0.002
              - provider: sim
                model: sim-rerank-tokens
                usd-per-million: {input: 0.05, output: 0}
            """;

    final LlmSimulator simulator;
    final Gateway gateway;
    final Budgets budgets;
    final Queue<Span> spans = new ConcurrentLinkedQueue<>();
    final Declarations declarations;
    final Paces paces;
    final Breaker breaker;
    final Guards guards;
    final ResponseCache cache;
    final Secrets secrets;
    private final GatewayParts parts;
    private int sources;
    final URI address;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    GatewayServer(Path folder) {
        this(folder, GatewayConfig.STANDARD);
    }

    GatewayServer(Path folder, GatewayConfig config) {
        Store store = open(TestStore.sqlite(folder.resolve("store"), GatewayParts.TABLES.toArray(String[]::new)));
        parts = open(new GatewayParts(store, folder, "r1"));
        secrets = parts.secrets();
        budgets = parts.budgets();
        declarations = parts.declarations();
        paces = parts.paces();
        breaker = parts.breaker();
        guards = parts.guards();
        cache = parts.cache();
        gateway = open(new Gateway(
                store,
                parts.ledger(),
                secrets,
                parts.prices(),
                budgets,
                paces,
                breaker,
                guards,
                cache,
                parts.clock(),
                config,
                Optional.of(spans::add)));
        parts.price(CALLER, "", PRICES);
        var routes = new RouteTable();
        new LlmRoutes(gateway).addTo(routes);
        new GatewayRoutes(gateway).addTo(routes);
        new GuardRoutes(guards).addTo(routes);
        new CacheRoutes(cache, open(new Clearings(store, parts.ledger(), cache))).addTo(routes);
        var edge = open(Edge.start(
                EdgeConfig.onPort(0),
                routes,
                key -> CompletableFuture.completedFuture(Optional.ofNullable(CALLERS.get(key)))));
        address = edge.address();
        simulator = open(
                LlmSimulator.start(SimulatorConfig.standard().with(Json.object().put("api-key", PROVIDER_KEY))));
        secrets.set(CALLER, "", "provider-key", PROVIDER_KEY);
        declare("PUT", "/api/v1/providers/sim", provider("compatible", simulatorUrl()));
        declare("PUT", "/api/v1/providers/claude", provider("anthropic", simulatorUrl()));
        alias("small", "sim", "sim-mini");
        alias("claude", "claude", "sim-claude");
        alias("vectors", "sim", "sim-embedding");
        alias("moderate", "sim", "sim-moderation");
    }

    private <T extends AutoCloseable> T open(T part) {
        opened.push(part);
        return part;
    }

    static String provider(String kind, String url) {
        return """
                {"kind": "%s", "url": "%s", "secret": "provider-key", "prices": "sim", "firstByteSeconds": 2,
                 "deadlineSeconds": 5}
                """.formatted(kind, url);
    }

    String simulatorUrl() {
        return simulator.address() + "/v1";
    }

    /** Declares an alias whose only target is a model, with the simulator's controls in its name and the model's own price. */
    void alias(String alias, String provider, String model) {
        int controls = model.indexOf(';');
        if (controls > 0) {
            price(model, model.substring(0, controls));
        }
        declare(
                "PUT",
                "/api/v1/aliases/" + alias,
                "{\"targets\": [{\"provider\": \"%s\", \"model\": \"%s\"}]}".formatted(provider, model));
    }

    /** Gives a model with controls the price of the model. */
    void price(String name, String model) {
        var row = PRICES.lines().toList();
        int at = row.indexOf("    model: " + model);
        String priced = "prices:\n  - provider: sim\n    model: '" + name + "'\n" + row.get(at + 1) + "\n";
        parts.price(CALLER, "controls-" + ++sources, priced);
    }

    void declare(String method, String path, String body) {
        HttpResponse<String> answer = send(method, path, body);
        if (answer.statusCode() >= 300) {
            throw new IllegalStateException(path + ": " + answer.statusCode() + " " + answer.body());
        }
    }

    /** A budget in nano-USD over all that the organisation spends. */
    void budget(String name, long limitNanoUsd) {
        budgets.put(new Budget(
                name,
                TENANT,
                name,
                new Scope(Scope.Kind.ORGANISATION, TENANT),
                Window.DAY,
                ZoneOffset.UTC,
                Unit.NANO_USD,
                limitNanoUsd));
    }

    HttpResponse<String> post(String path, String body, String... headers) {
        return send("POST", path, body, headers);
    }

    HttpResponse<String> send(String method, String path, String body, String... headers) {
        try {
            return client.send(request(method, path, body, headers), HttpResponse.BodyHandlers.ofString());
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    HttpClient client() {
        return client;
    }

    HttpRequest request(String method, String path, String body, String... headers) {
        var request = HttpRequest.newBuilder(address.resolve(path))
                .timeout(Duration.ofSeconds(20))
                .header("authorization", "Bearer " + KEY)
                .header("content-type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return request.build();
    }

    static JsonNode json(HttpResponse<String> answer) {
        return Json.parse(answer.body());
    }

    static long cost(HttpResponse<String> answer) {
        return answer.headers().firstValueAsLong("x-pilothouse-cost-nano-usd").orElseThrow();
    }

    /** What the last comment of a stream says. */
    static JsonNode told(String stream) {
        int at = stream.lastIndexOf(": pilothouse ");
        return Json.parse(stream.substring(at + ": pilothouse ".length(), stream.indexOf('\n', at)));
    }

    Invoice invoice() {
        return simulator.invoice();
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
