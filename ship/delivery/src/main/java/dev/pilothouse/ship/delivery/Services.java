package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.spec.ServiceSpec;
import dev.pilothouse.ship.spec.SpecReader;
import dev.pilothouse.ship.spec.SpecTree;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Declared services: what a file would change, and changing it. Thread-safe. */
final class Services {
    private final Store store;
    private final Surroundings surroundings;
    private final InstantSource clock;

    Services(Store store, Surroundings surroundings, InstantSource clock) {
        this.store = store;
        this.surroundings = surroundings;
        this.clock = clock;
    }

    /** What becomes of one service of a file. */
    record Change(String name, Action action, List<SpecTree.Change> fields) {}

    /** Kinds of changes. */
    enum Action {
        CREATE,
        UPDATE,
        UNCHANGED;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What applying the file would change. */
    List<Change> plan(Caller by, String file, String text) {
        List<ServiceSpec> specs = SpecReader.read(file, text);
        return store.read(tx -> {
            var changes = new ArrayList<Change>();
            for (ServiceSpec spec : specs) {
                changes.add(change(SqlServices.find(tx, by.tenant(), spec.name()), spec));
            }
            return changes;
        });
    }

    /** Stores what the file declares: all of its services, or none. A release in motion keeps what it started with. */
    List<Change> apply(Caller by, String file, String text) {
        List<ServiceSpec> specs = SpecReader.read(file, text);
        return store.writeAndWait(tx -> {
            var changes = new ArrayList<Change>();
            for (ServiceSpec spec : specs) {
                changes.add(apply(tx, by, spec));
            }
            return changes;
        });
    }

    private Change apply(Tx tx, Caller by, ServiceSpec spec) {
        var now = clock.instant();
        Optional<ServiceRow> row = SqlServices.find(tx, by.tenant(), spec.name());
        Change change = change(row, spec);
        switch (change.action()) {
            case CREATE ->
                SqlServices.insert(
                        tx,
                        new ServiceRow(
                                by.tenant(),
                                spec,
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                0,
                                0,
                                by.principal(),
                                now,
                                now));
            case UPDATE -> SqlServices.update(tx, row.orElseThrow().with(spec, now));
            case UNCHANGED -> {
                return change;
            }
        }
        surroundings
                .ledger()
                .append(tx, Entries.applied(by, spec, change.action().label()));
        return change;
    }

    private static Change change(Optional<ServiceRow> row, ServiceSpec spec) {
        List<SpecTree.Change> fields = SpecTree.changes(row.map(ServiceRow::spec), spec);
        Action action = row.isEmpty() ? Action.CREATE : fields.isEmpty() ? Action.UNCHANGED : Action.UPDATE;
        return new Change(spec.name(), action, fields);
    }

    /**
     * A service.
     *
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND that names the nearest service
     */
    static ServiceRow.View find(Tx tx, String tenant, String name) {
        return SqlServices.view(tx, tenant, name).orElseThrow(() -> {
            List<String> names =
                    SqlServices.list(tx, tenant).stream().map(ServiceRow::name).toList();
            return CommonError.NOT_FOUND.because("There is no service '" + name + "'." + Nearest.hint(name, names)
                    + (names.isEmpty() ? " Declare it in a file and run 'pilot apply -f pilothouse.yaml'." : ""));
        });
    }
}
