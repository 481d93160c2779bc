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
import dev.pilothouse.pay.breaker.Breaker;
import dev.pilothouse.pay.breaker.BreakerConfig;
import dev.pilothouse.pay.budgets.Budget;
import dev.pilothouse.pay.budgets.Budgets;
import dev.pilothouse.pay.budgets.Declarations;
import dev.pilothouse.pay.budgets.Paces;
import dev.pilothouse.pay.budgets.Reservations;
import dev.pilothouse.pay.budgets.Scope;
import dev.pilothouse.pay.budgets.Standing;
import dev.pilothouse.pay.budgets.Unit;
import dev.pilothouse.pay.budgets.Window;
import dev.pilothouse.pay.prices.PriceFormat;
import dev.pilothouse.pay.prices.Prices;
import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.edge.Meters;
import dev.pilothouse.platform.http.RouteTable;
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
import dev.pilothouse.run.gateway.Gateway;
import dev.pilothouse.run.gateway.GatewayConfig;
import dev.pilothouse.run.gateway.GatewayRoutes;
import dev.pilothouse.run.gateway.LlmRoutes;
import dev.pilothouse.run.guards.GuardRoutes;
import dev.pilothouse.run.guards.Guards;
import dev.pilothouse.simulators.llm.LlmSimulator;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.secrets.Secrets;
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
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Files and batches on a free port in front of a simulated provider, for the tenants {@code acme} and {@code bolt}. */
final class BatchServer implements AutoCloseable {
    static final String ACME = "acme-key";
    static final String BOLT = "bolt-key";
    static final String[] MODULES = {
        "journal", "ledger", "prices", "secrets", "budgets", "jobs", "notify", "breaker", "guards", "gateway", "batches"
    };

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

    private final Declarations declarations;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /**
     * @param store with {@link #MODULES}; closed with this
     * @param folder of this server alone; beside it are the keys of all
     */
    BatchServer(Store store, Path folder, LlmSimulator simulator, KeptUsage usage, Duration lookEvery) {
        InstantSource clock = InstantSource.system();
        open(store);
        Ids ids = Ids.secure(clock);
        var journal = open(new Journal(store));
        var leases = new Leases(store);
        var keys = KeyFolder.open(folder.resolveSibling("keys"));
        var ledger = open(Ledger.open(store, journal, leases, keys, clock));
        var prices = new Prices(store, ledger, clock);
        var secrets = new Secrets(store, ledger, keys, clock);
        var replica = open(new Replica(store, leases, ids.next()));
        var budgets = open(new Budgets(store, replica, folder.resolve("spend"), clock));
        declarations = new Declarations(store, budgets, ledger, clock);
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
        var guards = open(new Guards(store, ledger, secrets, open(new Meters()).registry(), Set.of(), clock));
        var gateway = open(new Gateway(
                store,
                ledger,
                secrets,
                prices,
                budgets,
                open(new Paces(declarations)),
                breaker,
                guards,
                new ResponseCache(CacheConfig.STANDARD),
                clock,
                GatewayConfig.STANDARD,
                Optional.empty()));
        sources = new Batches.Sources(
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
                clock);
        var batches = open(new Batches(sources, folder.resolve("uploads"), lookEvery));
        var routes = new RouteTable();
        new LlmRoutes(gateway).addTo(routes);
        new GatewayRoutes(gateway).addTo(routes);
        new GuardRoutes(guards).addTo(routes);
        new BatchRoutes(batches).addTo(routes);
        address = open(Edge.start(EdgeConfig.onPort(0), routes, key -> {
                    requests.incrementAndGet();
                    return CompletableFuture.completedFuture(Optional.ofNullable(CALLERS.get(key)));
                }))
                .address();
        for (var caller : CALLERS.entrySet()) {
            prices.importFile(
                    caller.getValue(),
                    new Prices.Import(
                            PriceFormat.OVERLAY,
                            "",
                            "",
                            Instant.EPOCH,
                            Optional.empty(),
                            PRICES.getBytes(StandardCharsets.UTF_8)));
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
        return declarations.find("acme", budget).orElseThrow();
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
