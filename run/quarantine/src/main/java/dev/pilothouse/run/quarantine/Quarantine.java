package dev.pilothouse.run.quarantine;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.onnx.LoadGuard;
import dev.pilothouse.run.openinference.ServingError;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/** Front door of the quarantine. Thread-safe; calls wait for the store. */
public final class Quarantine implements LoadGuard {
    /** The tables of the quarantine. */
    public static final Migrations MIGRATIONS = new Migrations("quarantine");

    /** Crashes of native code after which a model is kept from being loaded. */
    public static final int CRASHES = 2;

    /**
     * Other ends of the process in a row, without one load that succeeded: no accident, but a model that takes all memory,
     * for which the system kills the process.
     */
    public static final int INTERRUPTIONS = 5;

    private static final Logger log = LoggerFactory.getLogger(Quarantine.class);

    private final Store store;
    private final Ledger ledger;
    private final InstantSource clock;
    private final Ids ids;
    private final LoadMarkers markers;
    /** Suspects load one after the other, so that the next crash is that of one of them. */
    private final ReentrantLock suspects = new ReentrantLock();

    /**
     * Counts the loads that never ended, in a store that was opened with {@link #MIGRATIONS}.
     *
     * @param folder where markers are; nobody else uses it
     * @param end how the process before this one ended
     */
    public Quarantine(Store store, Ledger ledger, Path folder, ProcessEnd end, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.clock = clock;
        this.ids = Ids.secure(clock);
        this.markers = new LoadMarkers(folder);
        List<LoadMarkers.Marker> left = markers.left();
        boolean suspectLoaded = left.stream().anyMatch(this::isSuspect);
        for (LoadMarkers.Marker marker : left) {
            boolean crashed = end.crashed(marker.pid(), marker.at());
            // A crash while a suspect loads is the suspect's, and of nobody who happened to load beside it.
            if (!crashed || !suspectLoaded || isSuspect(marker)) {
                count(marker, crashed);
            }
        }
        left.forEach(marker -> markers.remove(marker.id()));
    }

    private boolean isSuspect(LoadMarkers.Marker marker) {
        return store.read(tx -> SqlQuarantine.find(tx, marker.tenant(), marker.graph()))
                .filter(model -> model.crashes() > 0)
                .isPresent();
    }

    private void count(LoadMarkers.Marker marker, boolean crashed) {
        store.writeAndWait(tx -> {
            if (SqlQuarantine.isCounted(tx, marker.tenant(), marker.graph(), marker.id())) {
                return marker;
            }
            Optional<SuspectModel> before = SqlQuarantine.find(tx, marker.tenant(), marker.graph());
            int crashes = before.map(SuspectModel::crashes).orElse(0) + (crashed ? 1 : 0);
            int interruptions = before.map(SuspectModel::interruptions).orElse(0) + (crashed ? 0 : 1);
            boolean quarantined = crashes >= CRASHES || interruptions >= INTERRUPTIONS;
            var model = new SuspectModel(
                    marker.tenant(),
                    marker.graph(),
                    marker.label(),
                    crashes,
                    interruptions,
                    marker.at(),
                    before.flatMap(SuspectModel::quarantinedAt)
                            .or(() -> quarantined ? Optional.of(clock.instant()) : Optional.empty()));
            SqlQuarantine.put(tx, model, marker.id());
            if (crashed) {
                log.error(
                        "The process crashed while it loaded {} ({}), crash {}", model.label(), model.graph(), crashes);
                record(tx, system(model.tenant()), "model.crashed", model, facts(model));
            } else {
                log.warn("The process ended while it loaded {} ({})", model.label(), model.graph());
            }
            if (quarantined && before.flatMap(SuspectModel::quarantinedAt).isEmpty()) {
                log.error("{} is quarantined: {}", model.label(), model.releaseCommand());
                record(tx, system(model.tenant()), "model.quarantined", model, facts(model));
            }
            return marker;
        });
    }

    @Override
    public Loading begin(String tenant, String label, Digest graph) {
        Optional<SuspectModel> suspect = store.read(tx -> SqlQuarantine.find(tx, tenant, graph));
        suspect.filter(model -> model.quarantinedAt().isPresent()).ifPresent(model -> {
            throw refusal(label, model);
        });
        if (suspect.isPresent()) {
            suspects.lock();
        }
        try {
            var marker = new LoadMarkers.Marker(
                    ids.next(), tenant, label, graph, ProcessHandle.current().pid(), clock.instant());
            markers.put(marker);
            return new Load(marker, suspect.isPresent());
        } catch (RuntimeException e) {
            if (suspect.isPresent()) {
                suspects.unlock();
            }
            throw e;
        }
    }

    private static PilothouseException refusal(String label, SuspectModel model) {
        return ServingError.MODEL_QUARANTINED.because(label + " is quarantined: " + model.why()
                + ". Everything else runs on. Export the model anew, or, where the cause is mended, let a person"
                + " release it: " + model.releaseCommand());
    }

    /** A load and its marker. */
    private final class Load implements Loading {
        private final LoadMarkers.Marker marker;
        private final boolean suspect;

        Load(LoadMarkers.Marker marker, boolean suspect) {
            this.marker = marker;
            this.suspect = suspect;
        }

        @Override
        public void succeeded() {
            if (suspect) {
                store.writeAndWait(tx -> {
                    SqlQuarantine.delete(tx, marker.tenant(), marker.graph());
                    return marker;
                });
            }
        }

        @Override
        public void close() {
            markers.remove(marker.id());
            if (suspect) {
                suspects.unlock();
            }
        }
    }

    /** Models of a tenant that were being loaded when the process ended, the latest first. */
    public List<SuspectModel> list(String tenant) {
        return store.read(tx -> SqlQuarantine.list(tx, tenant));
    }

    /** What is known of a model that is kept from being loaded; empty where it may be, though it be under suspicion. */
    public static Optional<SuspectModel> held(Tx tx, String tenant, Digest graph) {
        return SqlQuarantine.find(tx, tenant, graph)
                .filter(model -> model.quarantinedAt().isPresent());
    }

    /**
     * Lets a model be loaded again; what was counted is forgotten.
     *
     * @param by a person
     * @throws PilothouseException FORBIDDEN, NOT_FOUND
     */
    public void release(Caller by, Digest graph, String reason) {
        if (by.kind() != Caller.Kind.PERSON) {
            throw CommonError.FORBIDDEN.because("'" + by.name()
                    + "' is no person. Only a person releases a model from quarantine; use a person's key.");
        }
        store.writeAndWait(tx -> {
            SuspectModel model = SqlQuarantine.find(tx, by.tenant(), graph)
                    .orElseThrow(() -> CommonError.NOT_FOUND.because("No model with the digest " + graph
                            + " is under suspicion. See them all: pilot model quarantine list."));
            SqlQuarantine.delete(tx, by.tenant(), graph);
            record(tx, by, "model.released", model, facts(model).put("reason", reason));
            return model;
        });
    }

    private static Caller system(String tenant) {
        return Caller.system(tenant, "quarantine");
    }

    private static ObjectNode facts(SuspectModel model) {
        return Json.object()
                .put("label", model.label())
                .put("crashes", model.crashes())
                .put("interruptions", model.interruptions())
                .put("lastAt", model.lastAt().toString());
    }

    private void record(Tx tx, Caller by, String kind, SuspectModel model, ObjectNode facts) {
        ledger.append(tx, new LedgerEntry(by, kind, "graph/" + model.graph(), facts));
    }
}
