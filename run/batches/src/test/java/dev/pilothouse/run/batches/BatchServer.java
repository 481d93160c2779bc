package dev.pilothouse.run.batches;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.batches.Batch;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FilePurpose;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.pay.budgets.Budget;
import dev.pilothouse.pay.budgets.Reservations;
import dev.pilothouse.pay.budgets.Scope;
import dev.pilothouse.pay.budgets.Standing;
import dev.pilothouse.pay.budgets.Unit;
import dev.pilothouse.pay.budgets.Window;
import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.gateway.Gateway;
import dev.pilothouse.run.gateway.GatewayConfig;
import dev.pilothouse.run.gateway.GatewayRoutes;
import dev.pilothouse.run.gateway.LlmRoutes;
import dev.pilothouse.run.guards.GuardRoutes;
import dev.pilothouse.simulators.llm.LlmSimulator;
import dev.pilothouse.testkit.gateway.GatewayParts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Files and batches on a free port in front of a simulated provider, for the tenants {@code acme} and {@code bolt}. */
final class BatchServer implements AutoCloseable {
    static final String ACME = "acme-key";
    static final String BOLT = "bolt-key";
    static final String[] TABLES =
            Stream.concat(GatewayParts.TABLES.stream(), Stream.of("batches")).toArray(String[]::new);

    private static final Map<String, Caller> CALLERS = Map.of(
            ACME,
            new Caller("acme", "ann", "Ann", Caller.Kind.PERSON, Set.of(Role.ADMIN), "key-of-ann", List.of()),
            BOLT,
            Caller.system("bolt", "test"));
    /** A model with controls has the price of the model. */
    private static final String PRICES = """
            prices:
              - {provider: sim, model: sim-mini, usd-per-million: {input: 0.15, output: 0.6}}
              - {provider: sim, model: sim-mini, service-tier: batch, usd-per-million: {input: 0.075, output: 0.3}}
              - {provider: sim, model: 'sim-mini;failure-rate=0.5;failure-status=500', service-tier: batch,
                 usd-per-million: {input: 0.075, output: 0.3}}
              - {provider: sim, model: sim-embedding, service-tier: batch, usd-per-million: {input: 0.01, output: 0}}
            """;

    final Batches.Sources sources;
    final URI address;
    /** Requests that came. */
    final AtomicInteger requests = new AtomicInteger();

    private final GatewayParts parts;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /**
     * @param store with {@link #TABLES}; closed with this
     * @param folder of this server alone; beside it are the keys of all
     */
    BatchServer(Store store, Path folder, LlmSimulator simulator, KeptUsage usage, Duration lookEvery) {
        open(store);
        parts = open(new GatewayParts(
                store, folder.resolveSibling("parts"), folder.getFileName().toString()));
        var ids = Ids.secure(parts.clock());
        var gateway = open(new Gateway(
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
        sources = new Batches.Sources(
                store,
                gateway,
                parts.prices(),
                parts.budgets(),
                new Reservations(store, parts.budgets(), parts.replica(), parts.clock()),
                parts.breaker(),
                parts.guards(),
                usage,
                parts.ledger(),
                ids,
                parts.clock());
        var batches = open(new Batches(sources, folder.resolve("uploads"), lookEvery));
        var routes = new RouteTable();
        new LlmRoutes(gateway).addTo(routes);
        new GatewayRoutes(gateway).addTo(routes);
        new GuardRoutes(parts.guards()).addTo(routes);
        new BatchRoutes(batches).addTo(routes);
        address = open(Edge.start(EdgeConfig.onPort(0), routes, key -> {
                    requests.incrementAndGet();
                    return CompletableFuture.completedFuture(Optional.ofNullable(CALLERS.get(key)));
                }))
                .address();
        for (var caller : CALLERS.entrySet()) {
            parts.price(caller.getValue(), "", PRICES);
            declare(caller.getKey(), "providers/sim", """
                    {"kind": "compatible", "url": "%s/v1", "prices": "sim", "deadlineSeconds": 5}
                    """.formatted(simulator.address()));
            alias(caller.getKey(), "small", "sim", "sim-mini");
            alias(caller.getKey(), "flaky", "sim", "sim-mini;failure-rate=0.5;failure-status=500");
            alias(caller.getKey(), "vectors", "sim", "sim-embedding");
        }
    }

    private <T extends AutoCloseable> T open(T part) {
        opened.push(part);
        return part;
    }

    void declare(String key, String what, String body) {
        HttpResponse<String> answer = send(key, "PUT", "/api/v1/" + what, "application/json", body);
        if (answer.statusCode() >= 300) {
            throw new IllegalStateException(what + ": " + answer.body());
        }
    }

    void alias(String key, String alias, String provider, String model) {
        declare(
                key,
                "aliases/" + alias,
                "{\"targets\": [{\"provider\": \"%s\", \"model\": \"%s\"}]}".formatted(provider, model));
    }

    /** A budget of {@code acme} for a month. */
    void budget(String name, Scope scope, Unit unit, long limit) {
        sources.budgets().put(new Budget(name, "acme", name, scope, Window.MONTH, ZoneOffset.UTC, unit, limit));
    }

    /** A budget in nano-USD over all that {@code acme} spends. */
    void budget(long limitNanoUsd) {
        budget("all", new Scope(Scope.Kind.ORGANISATION, "acme"), Unit.NANO_USD, limitNanoUsd);
    }

    Standing standing(String budget) {
        return parts.declarations().find("acme", budget).orElseThrow();
    }

    /** The batches of {@code acme} that a provider is known to have. */
    List<StoredBatch> batches() {
        return sources.store().read(tx -> SqlBatches.batches(tx, "acme", Long.MAX_VALUE, "", 100));
    }

    HttpResponse<String> send(String key, String method, String path, String type, String body, String... headers) {
        var request = HttpRequest.newBuilder(address.resolve(path))
                .timeout(Duration.ofSeconds(30))
                .header("authorization", "Bearer " + key)
                .header("content-type", type)
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    HttpResponse<String> get(String key, String path) {
        return send(key, "GET", path, "application/json", "");
    }

    /** Uploads a file of requests by hand. */
    HttpResponse<String> upload(String key, String content) {
        return send(key, "POST", "/v1/files", "multipart/form-data; boundary=x", """
                --x\r
                Content-Disposition: form-data; name="file"; filename="a.jsonl"\r
                \r
                %s\r
                --x\r
                Content-Disposition: form-data; name="purpose"\r
                \r
                batch\r
                --x--\r
                """.formatted(content));
    }

    OpenAIClient openAi() {
        return OpenAIOkHttpClient.builder()
                .apiKey(ACME)
                .baseUrl(address + "/v1")
                .build();
    }

    static String file(OpenAIClient openAi, String lines) {
        return openAi.files()
                .create(FileCreateParams.builder()
                        .file(lines.getBytes(StandardCharsets.UTF_8))
                        .purpose(FilePurpose.BATCH)
                        .build())
                .id();
    }

    static BatchCreateParams batch(String file, String... controls) {
        var metadata = BatchCreateParams.Metadata.builder();
        for (int i = 0; i < controls.length; i += 2) {
            metadata.putProperty(controls[i], controls[i + 1]);
        }
        return BatchCreateParams.builder()
                .inputFileId(file)
                .endpoint(BatchCreateParams.Endpoint.V1_CHAT_COMPLETIONS)
                .completionWindow(BatchCreateParams.CompletionWindow._24H)
                .metadata(metadata.build())
                .build();
    }

    static Batch begin(OpenAIClient openAi, String lines, String... controls) {
        return openAi.batches().create(batch(file(openAi, lines), controls));
    }

    /** So many questions, each with at most so many tokens of an answer. */
    static String questions(int count, String model, int most) {
        var lines = new StringBuilder();
        for (int i = 0; i < count; i++) {
            lines.append(question("q-" + i, model, "\"max_tokens\": " + most + ", "));
        }
        return lines.toString();
    }

    static String question(String id, String model, String more) {
        return """
                {"custom_id": "%s", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "%s", %s\
                "messages": [{"role": "user", "content": "Where is the harbour?"}]}}
                """.formatted(id, model, more);
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
