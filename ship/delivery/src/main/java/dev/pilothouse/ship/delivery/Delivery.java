package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.know.registry.Models;
import dev.pilothouse.platform.notify.Notifications;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.fleet.Fleet;
import dev.pilothouse.run.serving.Endpoints;
import dev.pilothouse.ship.gates.Gates;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.releases.ServiceRow;
import dev.pilothouse.ship.releases.SqlReleases;
import dev.pilothouse.ship.releases.SqlServices;
import dev.pilothouse.ship.spec.ServiceSpec;
import dev.pilothouse.ship.verdicts.CountRecorder;
import dev.pilothouse.ship.verdicts.PassedLabels;
import dev.pilothouse.ship.verdicts.SlowLimits;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.secrets.Secrets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** Front door of services, releases and rollouts. Thread-safe; calls block. */
public final class Delivery implements AutoCloseable {
    /** The tables of this module. */
    public static final Migrations MIGRATIONS = new Migrations("delivery");

    private final Store store;
    private final Surroundings surroundings;
    private final Services services;
    private final Releases releases;
    private final Promotions promotions;
    private final PassedLabels labels;
    private final Reconciler reconciler;
    private final Watchers watchers = new Watchers();
    private final ExecutorService gateThreads;

    /**
     * Delivery over the real front doors; nothing moves before {@link #start}.
     *
     * @param resources who keeps what files declare beside services
     * @param directory folder from which containers' working directories are seen
     */
    public Delivery(
            Store store,
            Ledger ledger,
            Models models,
            Gates gates,
            Endpoints endpoints,
            Fleet fleet,
            Secrets secrets,
            Notifications notifications,
            Resources resources,
            InstantSource clock,
            Ids ids,
            Path directory) {
        this(
                store,
                Surroundings.of(endpoints, fleet, secrets, models, gates, ledger),
                resources,
                clock,
                ids,
                directory,
                Notices.by(notifications));
    }

    Delivery(
            Store store,
            Surroundings surroundings,
            Resources resources,
            InstantSource clock,
            Ids ids,
            Path directory,
            Notices notices) {
        this.store = store;
        this.surroundings = surroundings;
        this.gateThreads = Executors.newVirtualThreadPerTaskExecutor();
        var deployment = new Deployment(surroundings, clock, directory);
        var gateRuns = new GateRuns(gateThreads);
        var steps = new Steps(store, surroundings, deployment, gateRuns, clock, notices);
        this.services = new Services(store, surroundings, resources, clock);
        var starts = new Starts(surroundings, ids, clock);
        this.releases = new Releases(store, surroundings, steps, starts, clock, notices);
        this.promotions = new Promotions(store, starts);
        String replica = ids.next();
        var recorder = new CountRecorder(
                store,
                surroundings.serving()::takeCounts,
                (tx, tenant, id) -> SqlReleases.find(tx, tenant, id).map(release -> SqlReleases.trial(tx, release)),
                new SlowLimits(store, clock, surroundings.serving(), replica),
                replica);
        this.labels = new PassedLabels(store, clock, ids);
        this.reconciler = new Reconciler(
                store,
                new Leases(store),
                replica,
                () -> {
                    labels.take(this::join);
                    return recorder.record();
                },
                deployment,
                gateRuns,
                steps,
                watchers);
    }

    /** Starts to bring endpoints, processes and releases to what the store says, from wherever they stand. */
    public void start() {
        reconciler.start();
    }

    /** Makes the reconciler look now; for those who know that something it waits for has happened, such as an approval. */
    public void wake() {
        reconciler.wake();
    }

    /** Stops after the step in progress; releases in motion go on after the next start. Close before what it uses. */
    @Override
    public void close() {
        reconciler.close();
        gateThreads.shutdownNow();
    }

    /**
     * Digests of all blobs that are served or on their way, for the collection of those that nothing refers to: what is in
     * production stays loadable though its registered version was deleted.
     */
    public Stream<Digest> referencedBlobs() {
        return store
                .read(tx -> SqlServices.heads(tx).stream()
                        .flatMap(head -> SqlServices.view(tx, head.tenant(), head.name()).stream())
                        .flatMap(view -> Stream.of(view.stable(), view.previous(), view.moving()))
                        .flatMap(Optional::stream)
                        .flatMap(release -> release.candidate().blobs())
                        .toList())
                .stream();
    }

    Services services() {
        return services;
    }

    Releases releases() {
        return releases;
    }

    Promotions promotions() {
        return promotions;
    }

    Watchers watchers() {
        return watchers;
    }

    /** Says that a person changed a service: the reconciler and those who watch look at once. */
    void changed(String tenant, String service) {
        reconciler.wake();
        watchers.changed(tenant, service);
    }

    List<ObjectNode> list(String tenant) {
        return store.read(tx -> SqlServices.list(tx, tenant).stream()
                .map(row -> Views.brief(tx, SqlServices.view(tx, row)))
                .toList());
    }

    ObjectNode status(String tenant, String service) {
        return store.read(tx -> {
            ServiceRow.View view = Services.find(tx, tenant, service);
            ObjectNode status = Views.status(tx, view);
            Views.processes(view, surroundings.processes(), status.putArray("processes"));
            Views.quarantine(tx, view, status.putArray("quarantine"));
            EnvironmentViews.brief(tx, view.row(), status.putArray("environments"));
            EnvironmentViews.troubles(tx, view.row(), status.putArray("notifications"));
            return status;
        });
    }

    List<ObjectNode> environments(String tenant, String service) {
        return store.read(tx -> EnvironmentViews.all(tx, tenant, service));
    }

    /**
     * The name under which a service, or its environment, is stored.
     *
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND that names the nearest
     */
    public String mustExist(String tenant, String service) {
        return store.read(tx -> Services.find(tx, tenant, service).row().name());
    }

    List<ObjectNode> history(String tenant, String service, long below, int limit) {
        return store.read(tx -> {
            String name = Services.find(tx, tenant, service).row().name();
            return SqlReleases.list(tx, tenant, name, below, limit).stream()
                    .map(release -> Views.releaseHead(tx, release))
                    .toList();
        });
    }

    ObjectNode release(String tenant, String service, String id) {
        return store.read(tx -> {
            String name = Services.find(tx, tenant, service).row().name();
            return SqlReleases.find(tx, tenant, id)
                    .filter(release -> release.service().equals(name))
                    .map(release -> Views.release(tx, release))
                    .orElseThrow(() -> CommonError.NOT_FOUND.because("The service '" + service + "' has no release '"
                            + id + "'. 'pilot status " + service + "' shows the newest."));
        });
    }

    ObjectNode releaseHead(Release release) {
        return store.read(tx -> Views.releaseHead(
                tx, SqlReleases.find(tx, release.tenant(), release.id()).orElseThrow()));
    }

    /**
     * Output of the processes behind a service, stable version first.
     *
     * @param next where to go on: how many lines of which release were seen
     */
    record Logs(List<String> lines, String next) {
        private static Map<String, Long> seen(String cursor) {
            var seen = new LinkedHashMap<String, Long>();
            for (String one : cursor.split(",", 10)) {
                int colon = one.indexOf(':');
                if (colon > 0 && one.substring(colon + 1).matches("[0-9]{1,18}")) {
                    seen.put(one.substring(0, colon), Long.parseLong(one.substring(colon + 1)));
                } else if (!one.equals("-")) {
                    throw CommonError.INVALID.because("The cursor '" + cursor
                            + "' is none that an answer named as 'next'. Leave it out to begin with the last lines.");
                }
            }
            return seen;
        }

        private static Logs of(List<String> lines, Map<String, Long> seen) {
            String next = seen.entrySet().stream()
                    .map(e -> e.getKey() + ":" + e.getValue())
                    .collect(Collectors.joining(","));
            return new Logs(lines, next.isEmpty() ? "-" : next);
        }
    }

    /** The last output of the processes behind a service, or, with a cursor, what came after it. */
    Logs logs(String tenant, String service, int lines, Optional<String> cursor) {
        ServiceRow.View view = store.read(tx -> Services.find(tx, tenant, service));
        Map<String, Long> seen = Logs.seen(cursor.orElse("-"));
        var next = new LinkedHashMap<String, Long>();
        var all = new java.util.ArrayList<String>();
        List.of(view.stable(), view.moving()).stream()
                .flatMap(Optional::stream)
                .filter(release -> release.spec().workload() instanceof ServiceSpec.Workload.Container)
                .forEach(release -> {
                    String process = Deployment.processName(release);
                    Fleet.Tail tail = cursor.isEmpty()
                            ? surroundings.processes().tail(process, lines)
                            : surroundings.processes().after(process, seen.getOrDefault(release.id(), 0L));
                    tail.lines().forEach(line -> all.add(release.candidate().title() + "  " + line));
                    next.put(release.id(), tail.seen());
                });
        if (next.isEmpty() && cursor.isEmpty()) {
            all.add("'" + service
                    + "' has no process of its own: models run inside the server, whose log has what they say.");
        }
        return Logs.of(all, next);
    }

    /** The labels of all phases that a release can be in. */
    public static List<String> phases() {
        return Arrays.stream(Phase.values()).map(Phase::label).toList();
    }

    /** How many releases of all tenants are in a phase, by its label. */
    public long releases(String phase) {
        return store.read(tx -> SqlReleases.count(tx, phase));
    }

    /**
     * What became of labels.
     *
     * @param accepted joined to an answer of this process
     * @param passed on to other replicas, one of which may know the answer
     * @param unknown of answers that nobody remembers
     */
    record Feedback(int accepted, int passed, int unknown) {}

    /** Joins labels to answered requests; see {@link Endpoints#feedback}. */
    Feedback feedback(List<PassedLabels.Label> given) {
        List<PassedLabels.Label> others =
                given.stream().filter(label -> !join(label)).toList();
        int passed = labels.pass(others);
        return new Feedback(given.size() - others.size(), passed, others.size() - passed);
    }

    private boolean join(PassedLabels.Label label) {
        // No service has a slash in its name; the label of anything else is not for here.
        return label.service().indexOf('/') < 0
                && surroundings
                        .serving()
                        .feedback(label.tenant(), label.service(), label.requestId(), label.output(), label.value());
    }
}
