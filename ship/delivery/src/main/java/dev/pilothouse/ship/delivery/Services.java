package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.releases.ServiceRow;
import dev.pilothouse.ship.releases.SqlServices;
import dev.pilothouse.ship.spec.Declaration;
import dev.pilothouse.ship.spec.Environment;
import dev.pilothouse.ship.spec.Resource;
import dev.pilothouse.ship.spec.ServiceFile;
import dev.pilothouse.ship.spec.SpecReader;
import dev.pilothouse.ship.spec.SpecTree;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/** What files declare: what one would change, and changing it. Thread-safe. */
final class Services {
    private final Store store;
    private final Surroundings surroundings;
    private final Resources resources;
    private final InstantSource clock;

    Services(Store store, Surroundings surroundings, Resources resources, InstantSource clock) {
        this.store = store;
        this.resources = resources;
        this.surroundings = surroundings;
        this.clock = clock;
    }

    /** What becomes of a service of a file in one environment, or of something of another kind. */
    record Change(String kind, String name, String environment, Action action, List<SpecTree.Change> fields) {
        boolean isService() {
            return kind.equals(SERVICE);
        }
    }

    private static final String SERVICE = "Service";

    /** Kinds of changes. */
    enum Action {
        CREATE,
        UPDATE,
        UNCHANGED,
        /** The file names the environment no more; it goes on as it is, and nothing is promoted to or from it. */
        LEFT,
        /** The file names others of its kind and not this one, and what it does not name is to go. */
        REMOVE;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What becomes of providers, routes and budgets that a file does not name, though it names others of their kind.
     *
     * @param isOn whether they are removed, and not left as they are
     * @param expected how many of them; empty for any number
     */
    record Pruning(boolean isOn, OptionalInt expected) {
        static final Pruning NONE = new Pruning(false, OptionalInt.empty());
    }

    /**
     * What applying the file would change.
     *
     * @param prune whether what it does not name is to go, as with {@link Pruning}
     */
    List<Change> plan(Caller by, String file, String text, boolean prune) {
        ServiceFile read = SpecReader.file(file, text);
        List<Declaration> declared = read.services();
        return store.read(tx -> {
            var changes = new ArrayList<Change>();
            read.resources().forEach(resource -> changes.add(change(tx, by.tenant(), resource)));
            if (prune) {
                changes.addAll(unnamed(tx, by.tenant(), read));
            }
            for (Declaration one : declared) {
                changes.add(change(SqlServices.find(tx, by.tenant(), one.address()), one));
            }
            left(tx, by.tenant(), declared).forEach(row -> changes.add(left(row)));
            return changes;
        });
    }

    /** Stores what the file declares: all of it, or nothing. A release in motion keeps what it started with. */
    List<Change> apply(Caller by, String file, String text, Pruning pruning) {
        ServiceFile read = SpecReader.file(file, text);
        List<Declaration> declared = read.services();
        List<Change> changed = store.writeAndWait(tx -> {
            var changes = new ArrayList<Change>();
            read.resources().forEach(resource -> changes.add(apply(tx, by, resource)));
            if (pruning.isOn()) {
                changes.addAll(prune(tx, by, read, pruning.expected()));
            }
            List<ServiceRow> left = left(tx, by.tenant(), declared);
            for (Declaration one : declared) {
                changes.add(apply(tx, by, one));
            }
            for (ServiceRow row : left) {
                Environment in = row.environment().orElseThrow();
                var alone = new Declaration(row.spec(), Optional.of(new Environment(in.name(), -1, in.last())));
                SqlServices.update(tx, row.with(alone, clock.instant()));
                surroundings.ledger().append(tx, Entries.applied(by, alone, Action.LEFT.label()));
                changes.add(left(row));
            }
            return changes;
        });
        if (!read.resources().isEmpty()) {
            resources.applied();
        }
        return changed;
    }

    private List<Change> prune(Tx tx, Caller by, ServiceFile read, OptionalInt expected) {
        List<Change> unnamed = unnamed(tx, by.tenant(), read);
        if (unnamed.size() != expected.orElse(unnamed.size())) {
            throw CommonError.CONFLICT.because("The file leaves " + unnamed.size() + " unnamed by now, not "
                    + expected.getAsInt() + ". Look at what would go, then try again; nothing was changed.");
        }
        unnamed.forEach(change -> resources.remove(tx, by, change.kind(), change.name()));
        return unnamed;
    }

    /** What the file does not name of kinds of which it names some; in an order in which nothing goes that the next one needs. */
    private List<Change> unnamed(Tx tx, String tenant, ServiceFile read) {
        var unnamed = new ArrayList<Change>();
        for (String kind : Resource.KINDS.reversed()) {
            Set<String> named = read.resources().stream()
                    .filter(resource -> resource.kind().equals(kind))
                    .map(Resource::name)
                    .collect(Collectors.toSet());
            if (!named.isEmpty()) {
                resources.names(tx, tenant, kind).stream()
                        .filter(name -> !named.contains(name))
                        .forEach(name -> unnamed.add(new Change(kind, name, "", Action.REMOVE, List.of())));
            }
        }
        return unnamed;
    }

    private Change apply(Tx tx, Caller by, Resource resource) {
        Change change = change(tx, by.tenant(), resource);
        if (change.action() != Action.UNCHANGED) {
            try {
                resources.apply(tx, by, resource);
            } catch (PilothouseException e) {
                // What does not fit the rest is told with its place, as what is wrong in itself.
                throw e.code() == CommonError.INVALID
                        ? CommonError.invalid(
                                "The " + resource.kind() + " '" + resource.name() + "' cannot be applied; nothing was"
                                        + " changed.",
                                List.of(new Problem(resource.place(), e.detail())))
                        : e;
            }
        }
        return change;
    }

    private Change change(Tx tx, String tenant, Resource resource) {
        Optional<ObjectNode> stored = resources.stored(tx, tenant, resource);
        List<SpecTree.Change> fields = SpecTree.changes(stored, resources.wished(tenant, resource));
        Action action = stored.isEmpty() ? Action.CREATE : fields.isEmpty() ? Action.UNCHANGED : Action.UPDATE;
        return new Change(resource.kind(), resource.name(), "", action, fields);
    }

    private Change apply(Tx tx, Caller by, Declaration declared) {
        var now = clock.instant();
        Optional<ServiceRow> row = SqlServices.find(tx, by.tenant(), declared.address());
        Change change = change(row, declared);
        switch (change.action()) {
            case CREATE ->
                SqlServices.insert(
                        tx,
                        new ServiceRow(
                                by.tenant(),
                                declared.spec(),
                                declared.environment(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                0,
                                0,
                                by.principal(),
                                now,
                                now));
            case UPDATE -> SqlServices.update(tx, row.orElseThrow().with(declared, now));
            case UNCHANGED, LEFT, REMOVE -> {
                return change;
            }
        }
        surroundings
                .ledger()
                .append(tx, Entries.applied(by, declared, change.action().label()));
        return change;
    }

    private static Change change(Optional<ServiceRow> row, Declaration declared) {
        var fields = new ArrayList<SpecTree.Change>();
        if (row.isPresent() && !row.get().environment().equals(declared.environment())) {
            refuseRenaming(row.get(), declared);
            fields.add(new SpecTree.Change(
                    "environment",
                    row.get().environment().map(Services::ordinal),
                    declared.environment().map(Services::ordinal)));
        }
        fields.addAll(SpecTree.changes(row.map(ServiceRow::spec), declared.spec()));
        Action action = row.isEmpty() ? Action.CREATE : fields.isEmpty() ? Action.UNCHANGED : Action.UPDATE;
        return new Change(
                SERVICE,
                declared.address(),
                declared.environment().map(Environment::name).orElse(""),
                action,
                List.copyOf(fields));
    }

    /** The last environment has the service's own endpoint, so another one cannot take its place without a word. */
    private static void refuseRenaming(ServiceRow row, Declaration declared) {
        String before = row.environmentName();
        String after = declared.environment().map(Environment::name).orElse(before);
        if (!before.isEmpty() && !before.equals(after)) {
            throw CommonError.CONFLICT.because("The last environment of '" + row.service() + "' is '" + before
                    + "', which answers at '" + row.name() + "'; the file makes '" + after
                    + "' the last one, whose releases would then be another's. Put '" + before
                    + "' last, or declare a service of another name. Nothing was changed.");
        }
    }

    private static Change left(ServiceRow row) {
        return new Change(SERVICE, row.name(), row.environmentName(), Action.LEFT, List.of());
    }

    /** Environments of the declared services that are declared no more. */
    private static List<ServiceRow> left(Tx tx, String tenant, List<Declaration> declared) {
        List<String> addresses = declared.stream().map(Declaration::address).toList();
        return declared.stream()
                .map(one -> one.spec().name())
                .distinct()
                .flatMap(service -> SqlServices.environments(tx, tenant, service).stream())
                .filter(row -> row.declared() && !addresses.contains(row.name()))
                .toList();
    }

    private static String ordinal(Environment environment) {
        return environment.name() + " (" + (environment.place() < 0 ? "left" : "place " + (environment.place() + 1))
                + ")";
    }

    /**
     * A service, or one of its environments: {@code fraud@production} also finds {@code fraud} where that is its last.
     *
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND that names the nearest service
     */
    static ServiceRow.View find(Tx tx, String tenant, String name) {
        return SqlServices.view(tx, tenant, name)
                .or(() -> last(tx, tenant, name))
                .orElseThrow(() -> {
                    List<String> names = SqlServices.list(tx, tenant).stream()
                            .map(ServiceRow::name)
                            .toList();
                    return CommonError.NOT_FOUND.because(
                            "There is no service '" + name + "'." + Nearest.hint(name, names)
                                    + (names.isEmpty()
                                            ? " Declare it in a file and run 'pilot apply -f pilothouse.yaml'."
                                            : ""));
                });
    }

    private static Optional<ServiceRow.View> last(Tx tx, String tenant, String name) {
        int at = name.indexOf('@');
        return at < 0
                ? Optional.empty()
                : SqlServices.view(tx, tenant, name.substring(0, at))
                        .filter(view -> view.row().environmentName().equals(name.substring(at + 1)));
    }
}
