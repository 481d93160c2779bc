package dev.pilothouse.run.serving;

import dev.pilothouse.platform.blobs.Blobs;
import dev.pilothouse.platform.columns.Columns;
import dev.pilothouse.run.onnx.LoadGuard;
import dev.pilothouse.run.onnx.OnnxLoader;
import dev.pilothouse.run.openinference.ServedModel;
import dev.pilothouse.run.openinference.ServingError;
import dev.pilothouse.run.remote.RemoteModel;
import dev.pilothouse.run.serving.EndpointSpec.Variant;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Front door of the model server. Thread-safe. */
public final class Endpoints implements AutoCloseable {
    private static final int LOADERS = 4;
    private static final int CLOSE_SECONDS = 30;

    private final MeterRegistry meters;
    private final ServingConfig config;
    private final OutcomeCounter counter;
    private final SampleLog samples;
    private final OnnxLoader loader;
    private final RoutingTable table = new RoutingTable();
    private final Inference inference;
    /** ONNX Runtime loads in native code, which would pin the carriers of virtual threads. */
    private final ExecutorService loaders = Executors.newFixedThreadPool(
            LOADERS, Thread.ofPlatform().daemon().name("model-loader-", 0).factory());
    /** The last change of each endpoint; the next one waits for it. */
    private final Map<RoutingTable.Key, CompletableFuture<?>> changes = new ConcurrentHashMap<>();

    /**
     * A model server without endpoints. It empties the scratch folder; ONNX Runtime loads with the first ONNX model.
     *
     * @param blobs where ONNX files are
     * @param columns where samples of requests go, as signal {@code inference_samples}
     * @param meters gets {@code pilothouse.inference} by tenant, model, version, route and outcome
     * @param guard told of each ONNX model before native code sees it
     */
    public Endpoints(
            Blobs blobs,
            Columns columns,
            MeterRegistry meters,
            LoadGuard guard,
            InstantSource clock,
            ServingConfig config) {
        this.meters = meters;
        this.config = config;
        this.counter = new OutcomeCounter(clock);
        this.samples = new SampleLog(columns, meters, clock, config.sampleQueue());
        this.loader = new OnnxLoader(blobs, config.onnx(), guard);
        this.inference = new Inference(table, samples, config);
    }

    Inference inference() {
        return inference;
    }

    RoutingTable table() {
        return table;
    }

    ServingConfig config() {
        return config;
    }

    /**
     * Makes an endpoint run what the spec says: loads and warms what is new, swaps in one step, then drains what is no
     * longer named. Applying the same spec again changes nothing; a model that stays is not loaded again.
     *
     * @return completes once requests see the new spec; exceptionally, with the old one still running, where a variant
     *     does not load ({@link ServingError#MODEL_UNLOADABLE})
     */
    public CompletableFuture<Void> apply(EndpointSpec spec) {
        var key = new RoutingTable.Key(spec.tenant(), spec.name());
        table.expect(key);
        return inTurn(key, () -> {
            LiveEndpoint old = table.get(key);
            if (old != null && old.spec().equals(spec)) {
                return CompletableFuture.completedFuture(null);
            }
            return load(spec, old).thenAccept(models -> swap(key, spec, old, models));
        });
    }

    /**
     * Says that an endpoint will be applied as soon as what it runs is there; until then its requests are answered with
     * {@link ServingError#NOT_READY} instead of {@link ServingError#UNKNOWN_MODEL}. {@link #remove} takes it back.
     */
    public void expect(String tenant, String name) {
        table.expect(new RoutingTable.Key(tenant, name));
    }

    /** Changes of one endpoint happen one after the other. */
    private <T> CompletableFuture<T> inTurn(RoutingTable.Key key, Supplier<CompletableFuture<T>> change) {
        var done = new CompletableFuture<T>();
        changes.compute(key, (k, before) -> {
            CompletableFuture<?> previous = before == null ? CompletableFuture.completedFuture(null) : before;
            var mine = previous.handle((ok, failed) -> null)
                    .thenComposeAsync(ready -> change.get(), loaders)
                    .whenComplete((value, failure) -> {
                        if (failure != null) {
                            done.completeExceptionally(unwrapped(failure));
                        } else {
                            done.complete(value);
                        }
                    });
            return mine;
        });
        return done;
    }

    private static Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private static List<Variant> named(EndpointSpec spec) {
        List<Variant> all = new ArrayList<>(spec.variants());
        spec.shadow().ifPresent(all::add);
        return all;
    }

    /** Every model of the spec: those already loaded, and new ones. Where one fails, the new ones are freed again. */
    private CompletableFuture<Map<ModelSource, LoadedModel>> load(EndpointSpec spec, @Nullable LiveEndpoint old) {
        Map<ModelSource, LoadedModel> models = new HashMap<>(loadedBy(old));
        Map<ModelSource, CompletableFuture<LoadedModel>> fresh = new HashMap<>();
        for (Variant variant : named(spec)) {
            if (!models.containsKey(variant.source()) && !fresh.containsKey(variant.source())) {
                String label = "Model '" + spec.name() + "' version '" + variant.version() + "'";
                fresh.put(
                        variant.source(),
                        CompletableFuture.supplyAsync(() -> loadOne(spec.tenant(), label, variant.source()), loaders));
            }
        }
        return CompletableFuture.allOf(fresh.values().toArray(CompletableFuture[]::new))
                .handle((ok, failure) -> {
                    if (failure != null) {
                        fresh.values().forEach(Endpoints::discard);
                        throw failure instanceof RuntimeException known ? known : new IllegalStateException(failure);
                    }
                    fresh.forEach((source, model) -> models.put(source, model.join()));
                    return models;
                });
    }

    private static void discard(CompletableFuture<LoadedModel> loading) {
        if (!loading.isCompletedExceptionally()) {
            var _ = loading.join().retire();
        }
    }

    private LoadedModel loadOne(String tenant, String label, ModelSource source) {
        ServedModel model =
                switch (source) {
                    case ModelSource.Onnx onnx -> loader.load(tenant, label, onnx.graph(), onnx.externalData());
                    case ModelSource.Remote remote ->
                        RemoteModel.connect(label, remote.bases(), remote.model(), config.deadline(), config.maxBody());
                };
        return new LoadedModel(model, loaders);
    }

    private static Map<ModelSource, LoadedModel> loadedBy(@Nullable LiveEndpoint endpoint) {
        Map<ModelSource, LoadedModel> models = new HashMap<>();
        if (endpoint != null) {
            List<Variant> named = named(endpoint.spec());
            List<LiveVariant> live = endpoint.all().toList();
            for (int i = 0; i < named.size(); i++) {
                models.put(named.get(i).source(), live.get(i).loaded());
            }
        }
        return models;
    }

    private void swap(
            RoutingTable.Key key, EndpointSpec spec, @Nullable LiveEndpoint old, Map<ModelSource, LoadedModel> models) {
        var slow = SlowLimit.of(
                spec.slowAfter(),
                Optional.ofNullable(old)
                        .map(before -> before.variants().getFirst().slow()));
        var miss =
                new MissLimit(spec.wrongBeyond(), loaded(models, spec.variants().getFirst()).misses);
        List<LiveVariant> variants = spec.variants().stream()
                .map(v -> live(spec, v, false, models, slow, miss))
                .toList();
        LiveVariant shadow =
                spec.shadow().map(v -> live(spec, v, true, models, slow, miss)).orElse(null);
        Answers answers = old == null ? new Answers(config.rememberedAnswers()) : old.answers();
        LiveVariant control = control(spec, variants.getFirst(), old);
        table.swap(key, new LiveEndpoint(spec, variants, shadow, control, answers));
        List<ModelSource> kept = named(spec).stream().map(Variant::source).toList();
        loadedBy(old).forEach((source, model) -> {
            if (!kept.contains(source)) {
                var _ = model.retire();
            }
        });
        if (old != null
                && old.control() != null
                && (control == null || old.control().loaded() != control.loaded())) {
            var _ = old.control().loaded().retire();
        }
    }

    /** The stable variant's control: the one there is, while the model stays. */
    private @Nullable LiveVariant control(EndpointSpec spec, LiveVariant stable, @Nullable LiveEndpoint old) {
        if (spec.control() == 0) {
            return null;
        }
        Optional<LoadedModel> before = Optional.ofNullable(old)
                .filter(endpoint -> endpoint.variants().getFirst().loaded() == stable.loaded())
                .map(LiveEndpoint::control)
                .map(LiveVariant::loaded);
        return before.or(stable.loaded()::lane)
                .map(lane -> {
                    OutcomeCounter.Variant counts = counter.variant(spec, stable.version(), false, true);
                    return new LiveVariant(
                            spec,
                            stable.version(),
                            spec.control(),
                            false,
                            lane,
                            stable.slow(),
                            new Labels(
                                    counts,
                                    stable.loaded().misses,
                                    stable.labels().limit()),
                            counts,
                            stable.meters(),
                            stable.copies());
                })
                .orElse(null);
    }

    private static LoadedModel loaded(Map<ModelSource, LoadedModel> models, Variant variant) {
        LoadedModel loaded = models.get(variant.source());
        if (loaded == null) {
            throw new IllegalStateException("Every variant was loaded before");
        }
        return loaded;
    }

    private LiveVariant live(
            EndpointSpec spec,
            Variant variant,
            boolean shadow,
            Map<ModelSource, LoadedModel> models,
            SlowLimit slow,
            MissLimit miss) {
        LoadedModel loaded = loaded(models, variant);
        OutcomeCounter.Variant counts = counter.variant(spec, variant.version(), shadow, false);
        return new LiveVariant(
                spec,
                variant.version(),
                variant.weight(),
                shadow,
                loaded,
                slow,
                new Labels(counts, loaded.misses, miss),
                counts,
                LiveVariant.Meters.of(meters, spec, variant.version()),
                new Semaphore(config.shadowConcurrency()));
    }

    /** Stops an endpoint after its requests in flight. */
    public CompletableFuture<Void> remove(String tenant, String name) {
        var key = new RoutingTable.Key(tenant, name);
        return inTurn(key, () -> {
            LiveEndpoint old = table.get(key);
            table.swap(key, null);
            if (old != null && old.control() != null) {
                var _ = old.control().loaded().retire();
            }
            return CompletableFuture.allOf(
                    loadedBy(old).values().stream().map(LoadedModel::retire).toArray(CompletableFuture[]::new));
        });
    }

    /**
     * Takes the counts gathered since the last call; each request is in exactly one answer. Requests pinned to a version
     * by their path are not counted, nor are those refused for the client's fault (statuses 4xx).
     */
    public List<OutcomeCount> takeCounts() {
        List<OutcomeCount> taken = counter.take();
        table.all()
                .forEach(endpoint ->
                        endpoint.variants().getFirst().labels().limit().refresh());
        return taken;
    }

    /** How long the stable versions of endpoints without a fixed {@code slowAfter} took lately, where that is known. */
    public List<Latencies.Stable> stableLatencies() {
        return table.all().stream()
                .filter(endpoint -> !endpoint.variants().getFirst().slow().isFixed())
                .flatMap(endpoint -> {
                    LiveVariant stable = endpoint.variants().getFirst();
                    RecentValues latencies = stable.loaded().latencies;
                    return latencies.percentile(0.5).stream()
                            .mapToObj(median -> new Latencies.Stable(
                                    endpoint.spec().tenant(),
                                    endpoint.spec().name(),
                                    stable.version(),
                                    Duration.ofNanos(median),
                                    latencies.size()));
                })
                .toList();
    }

    /**
     * Sets above what time answers count as slow, where the endpoint still has that stable version and its specification
     * leaves it open.
     */
    public void slowAfter(String tenant, String endpoint, String stable, Duration limit) {
        table.find(tenant, endpoint)
                .map(found -> found.variants().getFirst())
                .filter(variant -> variant.version().equals(stable))
                .ifPresent(variant -> variant.slow().set(limit));
    }

    /**
     * Joins a true label to an answered request, and to the shadow's answer to it. A request takes one label; further ones
     * change nothing.
     *
     * @param requestId the answer's {@code x-request-id}, or the {@code id} the client put into the request
     * @param output name of the output that holds the prediction; empty means the first that is a single value
     * @param label the true value, as text; a floating-point answer is right within {@link EndpointSpec#wrongBeyond},
     *     other answers where they are equal, as text or as numbers
     * @return whether the request was known (about the last 200,000 answers of an endpoint are)
     * @throws dev.pilothouse.kernel.PilothouseException INVALID where that output is not a single value
     */
    public boolean feedback(String tenant, String endpoint, String requestId, String output, String label) {
        return table.require(tenant, endpoint).answers().label(requestId, output, label);
    }

    /**
     * Why clients of one version of an endpoint would fail with another, as {@link
     * dev.pilothouse.run.openinference.ModelInfo#breaksClientsOf}; empty also where one of them is not loaded.
     */
    public List<String> breaksClients(String tenant, String endpoint, String before, String after) {
        return table.find(tenant, endpoint)
                .flatMap(found -> found.pinned(after)
                        .flatMap(candidate -> found.pinned(before)
                                .map(stable -> candidate
                                        .loaded()
                                        .model
                                        .info()
                                        .breaksClientsOf(stable.loaded().model.info()))))
                .orElseGet(List::of);
    }

    /**
     * Percentiles of the endpoint's last answers (up to 2,048 of them), whichever variant gave them; empty without such an
     * endpoint or with fewer than 100 answers.
     */
    public Optional<Latencies> latencies(String tenant, String endpoint) {
        return table.find(tenant, endpoint)
                .flatMap(found -> found.answers().latencies().latencies());
    }

    /** Percentiles of the last answers of one version to its share of the traffic; empty also where it is not loaded. */
    public Optional<Latencies> latencies(String tenant, String endpoint, String version) {
        return table.find(tenant, endpoint)
                .flatMap(found -> found.variants().stream()
                        .filter(variant -> variant.version().equals(version))
                        .findFirst())
                .flatMap(variant -> variant.loaded().latencies.latencies());
    }

    /**
     * Opens a model outside any endpoint, for gates: loads it, checks it and keeps it until closed.
     *
     * @param tenant whose model it is
     * @return completes exceptionally with {@link ServingError#MODEL_UNLOADABLE} where it does not load
     */
    public CompletableFuture<OpenModel> open(String tenant, ModelSource source) {
        String label =
                switch (source) {
                    case ModelSource.Onnx onnx -> "The model " + onnx.graph().brief();
                    case ModelSource.Remote remote -> "The model '" + remote.model() + "'";
                };
        return CompletableFuture.supplyAsync(
                () -> new OpenColumns(label, loadOne(tenant, label, source), config), loaders);
    }

    /** Stops all endpoints after their requests in flight, for at most 30 seconds, and writes the samples that wait. */
    @Override
    public void close() {
        List<CompletableFuture<Void>> ends = table.keys().stream()
                .map(key -> remove(key.tenant(), key.name()))
                .toList();
        try {
            CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new))
                    .orTimeout(CLOSE_SECONDS, TimeUnit.SECONDS)
                    .exceptionally(late -> null)
                    .join();
        } finally {
            samples.close();
            loaders.shutdown();
        }
    }

    /** A loaded model that gates run on batches. */
    public interface OpenModel extends AutoCloseable {
        /** Names of the inputs it needs. */
        List<String> inputs();

        /**
         * Runs rows of raw columns. Either each input of the model is one column of its name, of shape [rows] or [rows, 1],
         * or the model has one input of shape [rows, n] of FP32 or FP64, which takes all numeric columns in the map's order. A
         * null is NaN in floating-point inputs and the empty text in BYTES.
         *
         * @param columns values by input name: String, Long, Double, Boolean or null, all lists of one length
         * @return values by output name, one per row; outputs of several values per row are {@code double[]}, of several
         *     texts {@code List<String>}; completes exceptionally with INVALID where the columns do not fit the model
         */
        CompletableFuture<Map<String, List<Object>>> run(Map<String, ? extends List<?>> columns);

        @Override
        void close();
    }
}
