package dev.pilothouse.ship.releases;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Which releases shipped which model version, and on which data they were checked. Thread-safe. */
public final class ReleaseLineage {
    /** Newest releases of each service that are looked through. */
    private static final int DEEP = 200;

    private final Store store;

    /** The lineage of releases in a store that has {@link Delivery#MIGRATIONS}. */
    public ReleaseLineage(Store store) {
        this.store = store;
    }

    /**
     * A release in short.
     *
     * @param id its id
     * @param service its service
     * @param number its number within the service
     * @param model registered model's name, empty for a container without one
     * @param version registered model's version
     * @param title what people call the candidate
     * @param state the phase, or {@code paused}
     * @param createdAt when it was asked for
     * @param serving whether it is what the service has in production
     * @param checkedOn dataset versions that its gates read, such as {@code payments@2}
     */
    public record Node(
            String id,
            String service,
            long number,
            String model,
            int version,
            String title,
            String state,
            Instant createdAt,
            boolean serving,
            Set<String> checkedOn) {
        public Node {
            checkedOn = Set.copyOf(checkedOn);
        }
    }

    /** Releases of some model versions, written {@code fraud/3}, by service, the newest first. */
    public List<Node> shipping(String tenant, Set<String> versions) {
        return select(tenant, release -> versions.contains(version(release)), _ -> true);
    }

    /** Releases that a gate checked on any version of a dataset. */
    public List<Node> checkedOn(String tenant, String dataset) {
        return select(
                tenant, _ -> true, node -> node.checkedOn().stream().anyMatch(read -> read.startsWith(dataset + "@")));
    }

    /** Releases of a service, the newest first. */
    public List<Node> ofService(String tenant, String service) {
        return select(tenant, release -> release.service().equals(service), _ -> true);
    }

    private static String version(Release release) {
        return release.candidate().model() + "/" + release.candidate().version();
    }

    /** Two sieves, because what gates read costs another look into the store. */
    private List<Node> select(String tenant, Predicate<Release> release, Predicate<Node> node) {
        return store.read(tx -> SqlServices.list(tx, tenant).stream()
                .flatMap(service -> SqlReleases.list(tx, tenant, service.name(), Long.MAX_VALUE, DEEP).stream()
                        .filter(release)
                        .map(found -> node(tx, found, service.stable())))
                .filter(node)
                .toList());
    }

    private static Node node(Tx tx, Release release, Optional<String> stable) {
        Set<String> read = SqlReleases.gates(tx, release.tenant(), release.id()).stream()
                .flatMap(gate -> dataset(gate.evidence()).stream())
                .collect(Collectors.toSet());
        return new Node(
                release.id(),
                release.service(),
                release.number(),
                release.candidate().model(),
                release.candidate().version(),
                release.candidate().title(),
                release.state().paused() ? "paused" : release.state().phase().label(),
                release.createdAt(),
                stable.equals(Optional.of(release.id())),
                read);
    }

    /** A gate's evidence names the dataset version that it read. */
    private static Optional<String> dataset(JsonNode evidence) {
        JsonNode read = evidence.path("dataset");
        return read.path("name").isString() && read.path("version").isInt()
                ? Optional.of(read.path("name").stringValue() + "@"
                        + read.path("version").intValue())
                : Optional.empty();
    }
}
