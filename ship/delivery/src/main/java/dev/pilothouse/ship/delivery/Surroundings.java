package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.know.registry.ModelVersion;
import dev.pilothouse.know.registry.Models;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.fleet.Fleet;
import dev.pilothouse.run.fleet.ProcessSpec;
import dev.pilothouse.run.serving.EndpointSpec;
import dev.pilothouse.run.serving.Endpoints;
import dev.pilothouse.run.serving.Latencies;
import dev.pilothouse.run.serving.OutcomeCount;
import dev.pilothouse.ship.gates.Contender;
import dev.pilothouse.ship.gates.GateOutcome;
import dev.pilothouse.ship.gates.GateSpec;
import dev.pilothouse.ship.gates.Gates;
import dev.pilothouse.ship.verdicts.SlowLimits;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import dev.pilothouse.trust.secrets.Secrets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The front doors of other modules as far as releases need them, so that tests can stand in for what serves and judges. */
record Surroundings(Serving serving, Processes processes, Vault secrets, Catalogue models, Judges judges, Book ledger) {

    /** The model server. */
    interface Serving extends SlowLimits.Server {
        CompletableFuture<Void> apply(EndpointSpec spec);

        /** Says that an endpoint will be applied, so that who asks until then is told to try again. */
        void expect(String tenant, String name);

        CompletableFuture<Void> remove(String tenant, String name);

        List<OutcomeCount> takeCounts();

        boolean feedback(String tenant, String endpoint, String requestId, String output, String label);

        /** Why clients of one version would fail with another. */
        List<String> breaksClients(String tenant, String endpoint, String before, String after);
    }

    /** The runtime of containers. */
    interface Processes {
        CompletableFuture<Fleet.Status> apply(ProcessSpec spec);

        CompletableFuture<Void> remove(String name);

        Optional<Fleet.Status> status(String name);

        Fleet.Tail tail(String name, int lines);

        Fleet.Tail after(String name, long seen);
    }

    /** The stored secrets. */
    @FunctionalInterface
    interface Vault {
        /** Values by name, of those names that have one in the environment or everywhere. */
        Map<String, String> values(String tenant, String environment, Collection<String> names);
    }

    /** The model registry. */
    interface Catalogue {
        ModelVersion resolve(String tenant, String reference);

        void setAlias(Tx tx, Caller by, String name, String alias, int version);
    }

    /** The gates. */
    interface Judges {
        /** Runs a data or evaluation gate. */
        GateOutcome run(String tenant, GateSpec gate, Contender candidate, Optional<Contender> production);

        /** Digest of what a data or evaluation gate would read now, beside the models. */
        Digest inputs(String tenant, GateSpec gate);

        /** Asks for a person's approval, answering its id. */
        String ask(Tx tx, Caller by, GateSpec.Human gate, String subject, Digest digest);

        /** Where a person's approval stands. */
        GateOutcome asked(String tenant, GateSpec.Human gate, String approval, Digest digest);
    }

    /** The ledger. */
    @FunctionalInterface
    interface Book {
        String append(Tx tx, LedgerEntry entry);
    }

    /** The real ones. */
    static Surroundings of(
            Endpoints endpoints, Fleet fleet, Secrets secrets, Models models, Gates gates, Ledger ledger) {
        return new Surroundings(
                serving(endpoints),
                processes(fleet),
                secrets::values,
                catalogue(models),
                judges(gates),
                ledger::append);
    }

    private static Serving serving(Endpoints endpoints) {
        return new Serving() {
            @Override
            public CompletableFuture<Void> apply(EndpointSpec spec) {
                return endpoints.apply(spec);
            }

            @Override
            public void expect(String tenant, String name) {
                endpoints.expect(tenant, name);
            }

            @Override
            public CompletableFuture<Void> remove(String tenant, String name) {
                return endpoints.remove(tenant, name);
            }

            @Override
            public List<OutcomeCount> takeCounts() {
                return endpoints.takeCounts();
            }

            @Override
            public List<Latencies.Stable> stableLatencies() {
                return endpoints.stableLatencies();
            }

            @Override
            public void slowAfter(String tenant, String endpoint, String stable, Duration limit) {
                endpoints.slowAfter(tenant, endpoint, stable, limit);
            }

            @Override
            public boolean feedback(String tenant, String endpoint, String requestId, String output, String label) {
                return endpoints.feedback(tenant, endpoint, requestId, output, label);
            }

            @Override
            public List<String> breaksClients(String tenant, String endpoint, String before, String after) {
                return endpoints.breaksClients(tenant, endpoint, before, after);
            }
        };
    }

    private static Processes processes(Fleet fleet) {
        return new Processes() {
            @Override
            public CompletableFuture<Fleet.Status> apply(ProcessSpec spec) {
                return fleet.apply(spec);
            }

            @Override
            public CompletableFuture<Void> remove(String name) {
                return fleet.remove(name);
            }

            @Override
            public Optional<Fleet.Status> status(String name) {
                return fleet.status(name);
            }

            @Override
            public Fleet.Tail tail(String name, int lines) {
                return fleet.tail(name, lines);
            }

            @Override
            public Fleet.Tail after(String name, long seen) {
                return fleet.after(name, seen);
            }
        };
    }

    private static Catalogue catalogue(Models models) {
        return new Catalogue() {
            @Override
            public ModelVersion resolve(String tenant, String reference) {
                return models.resolve(tenant, reference);
            }

            @Override
            public void setAlias(Tx tx, Caller by, String name, String alias, int version) {
                models.setAlias(tx, by, name, alias, version);
            }
        };
    }

    private static Judges judges(Gates gates) {
        return new Judges() {
            @Override
            public GateOutcome run(String tenant, GateSpec gate, Contender candidate, Optional<Contender> production) {
                return switch (gate) {
                    case GateSpec.Data data -> gates.run(tenant, data);
                    case GateSpec.Evaluation evaluation -> gates.run(tenant, evaluation, candidate, production);
                    case GateSpec.Human human ->
                        throw new IllegalArgumentException("A person is asked, not run: " + human);
                };
            }

            @Override
            public Digest inputs(String tenant, GateSpec gate) {
                return gates.inputs(tenant, gate);
            }

            @Override
            public String ask(Tx tx, Caller by, GateSpec.Human gate, String subject, Digest digest) {
                return gates.ask(tx, by, gate, subject, digest).id();
            }

            @Override
            public GateOutcome asked(String tenant, GateSpec.Human gate, String approval, Digest digest) {
                return gates.run(tenant, gate, approval, digest);
            }
        };
    }
}
