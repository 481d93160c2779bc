package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.run.fleet.Fleet;
import dev.pilothouse.run.fleet.ProcessSpec;
import dev.pilothouse.run.serving.EndpointSpec;
import dev.pilothouse.run.serving.ModelSource;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.releases.ServiceRow;
import dev.pilothouse.ship.spec.ServiceSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes endpoints and processes what the stored state says. It remembers only what it has applied in this process, so a
 * new process applies everything again. Used by one thread.
 */
final class Deployment {
    private static final Logger LOG = LoggerFactory.getLogger(Deployment.class);
    private static final Duration FIRST_RETRY = Duration.ofMillis(500);
    private static final Duration LAST_RETRY = Duration.ofSeconds(30);

    private final Surroundings surroundings;
    private final InstantSource clock;
    private final Path directory;
    private final Map<String, Attempt<EndpointSpec, Void>> endpoints = new HashMap<>();
    private final Map<String, Attempt<ProcessSpec, Fleet.Status>> processes = new HashMap<>();
    /** Endpoints of which requests were told that they will come. */
    private final Set<String> expected = new HashSet<>();

    /** @param directory folder from which containers' working directories are seen */
    Deployment(Surroundings surroundings, InstantSource clock, Path directory) {
        this.surroundings = surroundings;
        this.clock = clock;
        this.directory = directory;
    }

    /** How far the endpoint is on its way to what the state says. */
    sealed interface Progress {
        /** Requests see it. */
        record Reached() implements Progress {}

        /** On its way. */
        record Underway() implements Progress {}

        /** It does not load or start; it is tried again. */
        record Stuck(String why, int attempts) implements Progress {}

        /** The version in production does not start, so that nothing can be compared with it; it is tried again. */
        record Alone(String why) implements Progress {}
    }

    private static final class Attempt<S, R> {
        private final S spec;
        private CompletableFuture<R> result;
        private int failures;
        private Instant notBefore = Instant.MIN;

        Attempt(S spec, CompletableFuture<R> result) {
            this.spec = spec;
            this.result = result;
        }
    }

    /** Brings one service's processes and endpoint nearer to its state. */
    Progress reconcile(ServiceRow.View view) {
        Progress missing = new Progress.Underway();
        for (Release release : running(view)) {
            if (release.spec().workload() instanceof ServiceSpec.Workload.Container container
                    && start(release, container, view.row().environmentName()) instanceof Progress.Stuck stuck) {
                boolean stable = view.stable().filter(release::equals).isPresent();
                if (view.moving().filter(release::equals).isPresent()) {
                    // Its own failure comes first: the one in production may have failed for the same reason.
                    missing = stuck;
                } else if (stable && stuck.attempts() >= Steps.LOAD_ATTEMPTS && !(missing instanceof Progress.Stuck)) {
                    missing = new Progress.Alone(stuck.why());
                }
            }
        }
        String name = view.row().tenant() + "/" + view.row().name();
        Optional<EndpointSpec> desired = desired(view);
        if (desired.isPresent()) {
            return advance(endpoints, name, desired.get(), surroundings.serving()::apply);
        }
        if (view.stable().isPresent() && expected.add(name)) {
            surroundings.serving().expect(view.row().tenant(), view.row().name());
        }
        return missing;
    }

    /** Ends processes and endpoints that no service names any more. */
    void removeOthers(List<ServiceRow.View> views) {
        Set<String> names = new HashSet<>();
        Set<String> served = new HashSet<>();
        for (var view : views) {
            running(view).forEach(release -> names.add(processName(release)));
            if (!running(view).isEmpty()) {
                served.add(view.row().tenant() + "/" + view.row().name());
            }
        }
        for (String name : List.copyOf(processes.keySet())) {
            if (!names.contains(name)) {
                processes.remove(name);
                drop(name, surroundings.processes().remove(name));
            }
        }
        var all = new HashSet<>(endpoints.keySet());
        all.addAll(expected);
        all.removeAll(served);
        for (String name : all) {
            endpoints.remove(name);
            expected.remove(name);
            int slash = name.indexOf('/');
            drop(name, surroundings.serving().remove(name.substring(0, slash), name.substring(slash + 1)));
        }
    }

    private static void drop(String name, CompletableFuture<Void> removal) {
        var _ = removal.whenComplete((_, failure) -> {
            if (failure != null) {
                LOG.warn("{} could not be ended", name, failure);
            }
        });
    }

    /** Where a release's model is now; empty while its process is not ready. */
    Optional<ModelSource> source(Release release) {
        if (release.candidate().onnx().isPresent()) {
            return release.candidate().onnx().map(onnx -> onnx);
        }
        return release.spec().workload() instanceof ServiceSpec.Workload.Container container
                ? surroundings
                        .processes()
                        .status(processName(release))
                        .filter(status -> !status.addresses().isEmpty())
                        .map(status -> new ModelSource.Remote(status.addresses(), container.model()))
                : Optional.empty();
    }

    static String processName(Release release) {
        return release.tenant() + "/" + release.service() + "/" + release.number();
    }

    private Progress start(Release release, ServiceSpec.Workload.Container container, String environment) {
        Map<String, String> values = container.secrets().isEmpty()
                ? Map.of()
                : surroundings
                        .secrets()
                        .values(
                                release.tenant(),
                                environment,
                                container.secrets().values());
        List<String> missing = container.secrets().values().stream()
                .filter(name -> !values.containsKey(name))
                .distinct()
                .sorted()
                .toList();
        Map<String, String> secrets = new HashMap<>();
        container.secrets().forEach((variable, name) -> {
            if (values.containsKey(name)) {
                secrets.put(variable, values.get(name));
            }
        });
        var spec = new ProcessSpec(
                processName(release),
                container.command(),
                container.environment(),
                secrets,
                release.candidate().files(),
                directory.resolve(container.directory()).normalize(),
                container.replicas(),
                container.readyPath(),
                container.startWithin());
        // A value that changes makes another spec, so the processes are replaced one by one.
        return advance(processes, spec.name(), spec, wanted -> {
            if (missing.isEmpty()) {
                return surroundings.processes().apply(wanted);
            }
            throw CommonError.UNPROCESSABLE.because("No value is stored for "
                    + (missing.size() == 1 ? "the secret " : "the secrets ") + String.join(", ", missing)
                    + (environment.isEmpty() ? "" : " in the environment '" + environment + "'")
                    + "; set it: pilot secrets set " + missing.getFirst()
                    + (environment.isEmpty() ? "" : " --env " + environment));
        });
    }

    private <S, R> Progress advance(
            Map<String, Attempt<S, R>> attempts,
            String name,
            S spec,
            java.util.function.Function<S, CompletableFuture<R>> apply) {
        var attempt = attempts.get(name);
        if (attempt == null || !attempt.spec.equals(spec)) {
            attempt = new Attempt<>(spec, attempt(apply, spec));
            attempts.put(name, attempt);
        }
        if (!attempt.result.isDone()) {
            return new Progress.Underway();
        }
        String failure = failure(attempt.result);
        if (failure == null) {
            return new Progress.Reached();
        }
        if (attempt.notBefore.equals(Instant.MIN)) {
            attempt.failures++;
            Duration wait = FIRST_RETRY.multipliedBy(1L << Math.min(10, attempt.failures - 1));
            attempt.notBefore = clock.instant().plus(wait.compareTo(LAST_RETRY) > 0 ? LAST_RETRY : wait);
            LOG.info("{} could not be brought to its state, attempt {}: {}", name, attempt.failures, failure);
        } else if (isDue(attempt.notBefore)) {
            attempt.result = attempt(apply, spec);
            attempt.notBefore = Instant.MIN;
        }
        return new Progress.Stuck(failure, attempt.failures);
    }

    /** Whether a moment is over, or so far off that the clock must have gone back since it was set. */
    private boolean isDue(Instant moment) {
        Instant now = clock.instant();
        return !now.isBefore(moment) || now.isBefore(moment.minus(LAST_RETRY));
    }

    private static <S, R> CompletableFuture<R> attempt(
            java.util.function.Function<S, CompletableFuture<R>> apply, S spec) {
        try {
            return apply.apply(spec);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static @Nullable String failure(CompletableFuture<?> done) {
        if (!done.isCompletedExceptionally()) {
            return null;
        }
        Throwable failure = done.exceptionNow();
        if (failure instanceof CompletionException && failure.getCause() != null) {
            failure = failure.getCause();
        }
        return failure instanceof dev.pilothouse.kernel.PilothouseException refusal
                ? refusal.detail()
                : "it failed inside Pilothouse; the server's log says why";
    }

    /** Releases that must be running. */
    private List<Release> running(ServiceRow.View view) {
        var running = new ArrayList<Release>();
        view.stable().ifPresent(running::add);
        view.moving()
                .filter(release -> !release.state().phase().gated() || isContainer(release))
                .ifPresent(running::add);
        kept(view).ifPresent(running::add);
        return running;
    }

    private static boolean isContainer(Release release) {
        return release.spec().workload() instanceof ServiceSpec.Workload.Container;
    }

    private Optional<Release> kept(ServiceRow.View view) {
        Optional<Instant> promoted = view.row().promotedAt();
        return view.previous()
                .filter(_ -> view.stable().isPresent() && promoted.isPresent())
                .filter(_ -> clock.instant()
                        .isBefore(promoted.orElse(Instant.MIN)
                                .plus(view.row().spec().rollout().keepPrevious())));
    }

    /**
     * What the endpoint is to run, a function of the state; empty where nothing can be served, or while a process that is
     * needed is not ready.
     */
    Optional<EndpointSpec> desired(ServiceRow.View view) {
        Optional<Release> loaded = view.moving()
                .filter(r -> !r.state().phase().gated() && r.state().phase() != Phase.ROLLING_BACK);
        if (view.stable().isEmpty() && loaded.isEmpty()) {
            return Optional.empty();
        }
        var variants = new ArrayList<EndpointSpec.Variant>();
        int weight = loaded.map(release -> view.stable().isEmpty() ? 1000 : release.weight())
                .orElse(0);
        Optional<EndpointSpec.Variant> shadow = Optional.empty();
        // Who takes all traffic does not wait for one that does not start.
        if (view.stable().isPresent() && !add(variants, view.stable().get(), 1000 - weight) && weight < 1000) {
            return Optional.empty();
        }
        if (loaded.isPresent()) {
            if (!add(variants, loaded.get(), weight)) {
                return Optional.empty();
            }
            if (loaded.get().state().phase() == Phase.SHADOW) {
                shadow = Optional.of(variants.removeLast());
            }
        }
        if (loaded.isEmpty()) {
            kept(view).ifPresent(previous -> add(variants, previous, 0));
        }
        int control =
                loaded.flatMap(release -> view.stable().map(release::control)).orElse(0);
        Release salt = view.moving().or(view::stable).orElseThrow();
        ServiceSpec spec = loaded.map(Release::spec).orElse(view.row().spec());
        return Optional.of(new EndpointSpec(
                view.row().tenant(),
                view.row().name(),
                salt.id(),
                variants,
                shadow,
                control,
                Optional.of(spec.rollout().slowAfter()).filter(time -> !time.equals(ServiceSpec.Rollout.AUTO)),
                spec.rollout().wrongBeyond(),
                spec.serving().maxConcurrency(),
                spec.serving().logSampleRate()));
    }

    private boolean add(List<EndpointSpec.Variant> variants, Release release, int weight) {
        Optional<ModelSource> source = source(release);
        source.ifPresent(from ->
                variants.add(new EndpointSpec.Variant(release.candidate().label(), from, weight)));
        return source.isPresent();
    }
}
