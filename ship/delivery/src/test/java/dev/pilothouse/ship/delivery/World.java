package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.know.registry.ModelVersion;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.fleet.Fleet;
import dev.pilothouse.run.fleet.ProcessSpec;
import dev.pilothouse.run.serving.EndpointSpec;
import dev.pilothouse.run.serving.Latencies;
import dev.pilothouse.run.serving.OutcomeCount;
import dev.pilothouse.ship.gates.Contender;
import dev.pilothouse.ship.gates.GateOutcome;
import dev.pilothouse.ship.gates.GateSpec;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.releases.ServiceRow;
import dev.pilothouse.ship.releases.SqlReleases;
import dev.pilothouse.ship.releases.SqlServices;
import dev.pilothouse.ship.verdicts.CountRecorder;
import dev.pilothouse.ship.verdicts.Evidence;
import dev.pilothouse.ship.verdicts.Look;
import dev.pilothouse.ship.verdicts.SlowLimits;
import dev.pilothouse.testkit.ManualClock;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** A service's surroundings in a test: a model server with traffic, gates that answer as told, and sudden death. */
final class World {
    static final Caller ADA = new Caller("acme", "ada", "Ada", Caller.Kind.PERSON, Set.of(Role.ENGINEER));
    static final Caller BOB = new Caller("acme", "bob", "Bob", Caller.Kind.PERSON, Set.of(Role.ADMIN));

    /** The process dies here. */
    static final class Killed extends Error {
        Killed() {
            super("killed", null, false, false);
        }
    }

    /** How a version behaves: chances of errors, slowness and wrong answers. */
    record Behaviour(double errors, double slow, double wrong) {}

    final ManualClock clock = new ManualClock(Instant.parse("2026-11-21T10:00:00Z"));
    final Random random;
    final Store durable;
    final List<LedgerEntry> ledger = new ArrayList<>();
    final Map<String, Behaviour> versions = new HashMap<>();
    final Set<String> broken = new HashSet<>();
    final Map<String, Integer> aliases = new TreeMap<>();
    final List<String> notices = new ArrayList<>();
    /** Values by {@code environment/name}. */
    final Map<String, String> secrets = new HashMap<>();
    /** What gates would read; changed as if the dataset had changed. */
    String inputs = "payments@1";
    /** Gates that were run, not carried over. */
    final List<String> judged = new ArrayList<>();

    GateOutcome gate = new GateOutcome.Passed("Fine.", Json.object().put("gate", "evaluation"));
    Optional<GateOutcome> person = Optional.empty();
    boolean labels = true;
    /** Why clients of production would fail with any candidate. */
    List<String> breaks = List.of();

    double killChance;
    long generated;
    private final Ids ids;
    private int newest = 1;

    // What a process holds in memory and loses with it.
    Serving serving;
    Reconciler reconciler;
    Releases releases;
    Promotions promotions;
    Services services;

    World(Store durable, long seed) {
        this.durable = durable;
        this.random = new Random(seed);
        this.ids = new Ids(clock, new Random(seed));
        this.serving = new Serving();
        var alive = process();
        this.reconciler = alive.reconciler();
        this.releases = alive.releases();
        this.promotions = alive.promotions();
        this.services = alive.services();
    }

    private record Alive(Reconciler reconciler, Releases releases, Promotions promotions, Services services) {}

    /** What a process started now would find around it. */
    Surroundings surroundings() {
        return new Surroundings(serving, serving, this::values, new Registry(), new Judges(), this::append);
    }

    private Alive process() {
        var store = new MortalStore(durable, this::maybeDie);
        var around = surroundings();
        var deployment = new Deployment(around, clock, Path.of("/srv"));
        var runs = new GateRuns(Runnable::run);
        var steps = new Steps(store, around, deployment, runs, clock, this::notice);
        var starts = new Starts(around, ids, clock);
        String replica = ids.next();
        var recorder = new CountRecorder(
                store,
                serving::takeCounts,
                (tx, tenant, id) -> SqlReleases.find(tx, tenant, id).map(release -> SqlReleases.trial(tx, release)),
                new SlowLimits(store, clock, serving, replica),
                replica);
        var leases = new Leases(store, () -> clock.millis() * 1_000_000);
        return new Alive(
                new Reconciler(store, leases, replica, recorder::record, deployment, runs, steps, new Watchers()),
                new Releases(durable, around, steps, starts, clock, this::notice),
                new Promotions(durable, starts),
                new Services(durable, around, new Shelf(), clock));
    }

    /** Ends the process without warning and starts another. */
    void restart() {
        serving = new Serving();
        var alive = process();
        reconciler = alive.reconciler();
        releases = alive.releases();
        promotions = alive.promotions();
        services = alive.services();
    }

    void apply(String yaml) {
        services.apply(ADA, "pilothouse.yaml", yaml, Services.Pruning.NONE);
    }

    /** Registers the next model version, which behaves so. */
    int version(double errors, double slow, double wrong) {
        versions.put(Integer.toString(newest), new Behaviour(errors, slow, wrong));
        return newest++;
    }

    /** Starts a release; the process lives through that call, which else its client would repeat. */
    Release release(String service) {
        double chance = killChance;
        killChance = 0;
        Release started = releases.start(ADA, service, Optional.empty(), "", false);
        killChance = chance;
        return started;
    }

    /** Rounds with traffic in between, dying and restarting as chance has it, until the condition holds. */
    void until(String service, int requestsPerRound, BooleanSupplier reached) {
        for (int i = 0; i < 3_000; i++) {
            if (reached.getAsBoolean()) {
                return;
            }
            round();
            serving.traffic("acme", service, requestsPerRound);
            clock.advance(Duration.ofMillis(250));
        }
        throw new AssertionError("Not reached after 3,000 rounds: "
                + durable.read(tx ->
                        Views.status(tx, SqlServices.view(tx, "acme", service).orElseThrow())));
    }

    void round() {
        try {
            reconciler.round();
        } catch (Killed death) {
            restart();
        }
    }

    Release find(Release release) {
        return durable.read(
                tx -> SqlReleases.find(tx, release.tenant(), release.id()).orElseThrow());
    }

    Phase phase(Release release) {
        return find(release).state().phase();
    }

    List<Look> looks(Release release) {
        return durable.read(tx -> Evidence.looks(tx, SqlReleases.trial(tx, release)));
    }

    String sentence(Release release) {
        Release now = find(release);
        return durable.read(tx -> Views.releaseHead(tx, now).path("sentence").stringValue());
    }

    List<String> kinds() {
        return ledger.stream().map(LedgerEntry::kind).toList();
    }

    long stored() {
        return durable.read(tx -> {
            long sum = 0;
            for (ServiceRow row : SqlServices.list(tx, "acme")) {
                for (Release release : SqlReleases.list(tx, "acme", row.name(), Long.MAX_VALUE, 100)) {
                    sum += tx.sql()
                            .createQuery("SELECT COALESCE(SUM(requests), 0) FROM verdicts_count WHERE release_id = ?")
                            .bind(0, release.id())
                            .mapTo(Long.class)
                            .one();
                }
            }
            return sum;
        });
    }

    private String append(Tx tx, LedgerEntry entry) {
        maybeDie();
        dev.pilothouse.platform.json.CanonicalJson.text(entry.payload());
        tx.afterCommit(() -> ledger.add(entry));
        return ids.next();
    }

    private Map<String, String> values(String tenant, String environment, Collection<String> names) {
        var found = new TreeMap<String, String>();
        names.forEach(name -> Optional.ofNullable(secrets.get(environment + "/" + name))
                .or(() -> Optional.ofNullable(secrets.get("/" + name)))
                .ifPresent(value -> found.put(name, value)));
        return found;
    }

    private void notice(Tx tx, Release release, String event, String sentence) {
        tx.afterCommit(() -> notices.add(event + ": " + sentence));
    }

    private void maybeDie() {
        if (killChance > 0 && random.nextDouble() < killChance) {
            throw new Killed();
        }
    }

    private final class Registry implements Surroundings.Catalogue {
        @Override
        public ModelVersion resolve(String tenant, String reference) {
            int version = reference.contains("/")
                    ? Integer.parseInt(reference.substring(reference.indexOf('/') + 1))
                    : newest - 1;
            return new ModelVersion(
                    tenant,
                    "card-fraud",
                    version,
                    Optional.empty(),
                    "",
                    Digest.of("v" + version),
                    Map.of("model.onnx", Digest.of("graph" + version), "MLmodel", Digest.of("x")),
                    "ada",
                    Instant.EPOCH);
        }

        @Override
        public void setAlias(Tx tx, Caller by, String name, String alias, int version) {
            tx.afterCommit(() -> aliases.put(name + "@" + alias, version));
        }
    }

    private final class Judges implements Surroundings.Judges {
        @Override
        public GateOutcome run(String tenant, GateSpec spec, Contender candidate, Optional<Contender> production) {
            judged.add(spec.title() + " of " + candidate.label());
            if (gate instanceof GateOutcome.Passed passed) {
                var evidence = passed.evidence()
                        .deepCopy()
                        .put("inputs", inputs(tenant, spec).toString());
                production.ifPresent(p -> evidence.putObject("production")
                        .put("digest", p.digest().toString()));
                return new GateOutcome.Passed(passed.sentence(), evidence);
            }
            return gate;
        }

        @Override
        public Digest inputs(String tenant, GateSpec spec) {
            return Digest.of(inputs);
        }

        @Override
        public String ask(Tx tx, Caller by, GateSpec.Human spec, String subject, Digest digest) {
            return "approval-" + digest.brief();
        }

        @Override
        public GateOutcome asked(String tenant, GateSpec.Human spec, String approval, Digest digest) {
            if (!approval.equals("approval-" + digest.brief())) {
                return new GateOutcome.Failed("It is about something else.", Json.object());
            }
            return person.orElseGet(() -> new GateOutcome.Waiting("Waiting.", Json.object()));
        }
    }

    /** A model server and a process runtime with synthetic traffic. */
    final class Serving implements Surroundings.Serving, Surroundings.Processes {
        final Map<String, EndpointSpec> endpoints = new HashMap<>();
        final Map<String, ProcessSpec> processes = new TreeMap<>();
        final Set<String> expected = new TreeSet<>();
        final Map<List<Object>, long[]> counts = new HashMap<>();

        @Override
        public synchronized CompletableFuture<Void> apply(EndpointSpec spec) {
            maybeDie();
            for (var variant : spec.variants()) {
                if (broken.contains(variant.version())) {
                    return CompletableFuture.failedFuture(CommonError.UNPROCESSABLE.because(
                            "The graph of version " + variant.version() + " is truncated."));
                }
            }
            endpoints.put(spec.tenant() + "/" + spec.name(), spec);
            maybeDie();
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public synchronized void expect(String tenant, String name) {
            expected.add(tenant + "/" + name);
        }

        @Override
        public synchronized CompletableFuture<Void> remove(String tenant, String name) {
            expected.remove(tenant + "/" + name);
            endpoints.remove(tenant + "/" + name);
            return CompletableFuture.completedFuture(null);
        }

        synchronized void traffic(String tenant, String name, int requests) {
            EndpointSpec spec = endpoints.get(tenant + "/" + name);
            if (spec == null) {
                return;
            }
            for (int i = 0; i < requests; i++) {
                int place = random.nextInt(1000);
                for (var variant : spec.variants()) {
                    if (place < variant.weight()) {
                        // The control has the last places of the stable version's share.
                        answer(spec, variant.version(), false, place >= variant.weight() - control(spec, variant));
                        break;
                    }
                    place -= variant.weight();
                }
                spec.shadow().ifPresent(shadow -> answer(spec, shadow.version(), true, false));
            }
        }

        private static int control(EndpointSpec spec, EndpointSpec.Variant variant) {
            return variant.equals(spec.variants().getFirst()) ? spec.control() : 0;
        }

        private void answer(EndpointSpec spec, String version, boolean shadow, boolean control) {
            Behaviour how = versions.getOrDefault(version, new Behaviour(0, 0, 0));
            var key = List.<Object>of(spec.tenant(), spec.name(), spec.release(), version, shadow, control);
            long[] count = counts.computeIfAbsent(key, _ -> new long[5]);
            generated++;
            count[0]++;
            count[1] += random.nextDouble() < how.errors() ? 1 : 0;
            count[2] += random.nextDouble() < how.slow() ? 1 : 0;
            if (labels) {
                count[3]++;
                count[4] += random.nextDouble() < how.wrong() ? 1 : 0;
            }
        }

        @Override
        public List<Latencies.Stable> stableLatencies() {
            return List.of();
        }

        @Override
        public void slowAfter(String tenant, String endpoint, String stable, Duration limit) {}

        @Override
        public synchronized List<OutcomeCount> takeCounts() {
            long minute = clock.instant().getEpochSecond() / 60;
            var taken = new ArrayList<OutcomeCount>();
            counts.forEach((key, c) -> taken.add(new OutcomeCount(
                    (String) key.get(0),
                    (String) key.get(1),
                    (String) key.get(2),
                    (String) key.get(3),
                    (Boolean) key.get(4),
                    (Boolean) key.get(5),
                    minute,
                    c[0],
                    c[1],
                    c[2],
                    c[3],
                    c[4])));
            counts.clear();
            return taken;
        }

        @Override
        public boolean feedback(String tenant, String endpoint, String requestId, String output, String label) {
            return requestId.startsWith("known");
        }

        @Override
        public List<String> breaksClients(String tenant, String endpoint, String before, String after) {
            return breaks;
        }

        @Override
        public CompletableFuture<Fleet.Status> apply(ProcessSpec spec) {
            if (broken.contains(spec.name())) {
                return CompletableFuture.failedFuture(
                        CommonError.UNPROCESSABLE.because("Process '" + spec.name() + "' did not start."));
            }
            processes.put(spec.name(), spec);
            return CompletableFuture.completedFuture(status(spec.name()).orElseThrow());
        }

        @Override
        public CompletableFuture<Void> remove(String name) {
            processes.remove(name);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public Optional<Fleet.Status> status(String name) {
            return Optional.ofNullable(processes.get(name))
                    .map(spec -> new Fleet.Status(
                            name,
                            "ready",
                            List.of(URI.create("http://127.0.0.1:" + (9000 + name.charAt(name.length() - 1)))),
                            0,
                            Optional.empty()));
        }

        @Override
        public Fleet.Tail tail(String name, int lines) {
            return new Fleet.Tail(List.of("started " + name), 1);
        }

        @Override
        public Fleet.Tail after(String name, long seen) {
            return new Fleet.Tail(List.of(), seen);
        }

        /** Weights per mille by version. */
        synchronized Map<String, Integer> weights(String name) {
            var weights = new TreeMap<String, Integer>();
            EndpointSpec spec = endpoints.get("acme/" + name);
            if (spec != null) {
                spec.variants().forEach(v -> weights.put(v.version(), v.weight()));
            }
            return weights;
        }
    }
}
