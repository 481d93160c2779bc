package dev.pilothouse.run.serving;

import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.run.openinference.ServingError;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** All endpoints as requests see them: an immutable map that a change replaces in one step. Thread-safe. */
final class RoutingTable {
    /** An endpoint's name within its tenant. */
    record Key(String tenant, String name) {}

    private final AtomicReference<Map<Key, LiveEndpoint>> live = new AtomicReference<>(Map.of());
    /** Endpoints that are on their way. */
    private final Set<Key> expected = ConcurrentHashMap.newKeySet();

    @Nullable
    LiveEndpoint get(Key key) {
        return live.get().get(key);
    }

    /**
     * The endpoint of a name.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link ServingError#UNKNOWN_MODEL}, or {@link
     *     ServingError#NOT_READY} where it is expected
     */
    LiveEndpoint require(String tenant, String name) {
        LiveEndpoint endpoint = live.get().get(new Key(tenant, name));
        if (endpoint == null && expected.contains(new Key(tenant, name))) {
            throw ServingError.NOT_READY.because("The model '" + name + "' is being started; try again in a moment.");
        }
        if (endpoint == null) {
            List<String> known = of(tenant).stream().map(e -> e.spec().name()).toList();
            throw ServingError.UNKNOWN_MODEL.because("There is no model '" + name + "'." + Nearest.hint(name, known));
        }
        return endpoint;
    }

    Optional<LiveEndpoint> find(String tenant, String name) {
        return Optional.ofNullable(live.get().get(new Key(tenant, name)));
    }

    /**
     * One version of an endpoint.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link ServingError#UNKNOWN_MODEL}
     */
    static LiveVariant pinned(LiveEndpoint endpoint, String version) {
        return endpoint.pinned(version)
                .orElseThrow(() -> ServingError.UNKNOWN_MODEL.because("Model '"
                        + endpoint.spec().name() + "' has no version '" + version + "' loaded; loaded are "
                        + String.join(
                                ", ",
                                endpoint.all()
                                        .map(LiveVariant::version)
                                        .distinct()
                                        .toList()) + "."));
    }

    /** All endpoints, of every tenant. */
    Collection<LiveEndpoint> all() {
        return live.get().values();
    }

    /** A tenant's endpoints by name. */
    List<LiveEndpoint> of(String tenant) {
        return live.get().entrySet().stream()
                .filter(e -> e.getKey().tenant().equals(tenant))
                .map(Map.Entry::getValue)
                .sorted(Comparator.comparing(e -> e.spec().name()))
                .toList();
    }

    /** All keys. */
    List<Key> keys() {
        return List.copyOf(live.get().keySet());
    }

    /** Says that an endpoint will come, so that requests until then are told to try again. */
    void expect(Key key) {
        if (!live.get().containsKey(key)) {
            expected.add(key);
        }
    }

    /** Puts an endpoint in the place of the one of its key; null takes it away. */
    void swap(Key key, @Nullable LiveEndpoint endpoint) {
        live.updateAndGet(old -> {
            Map<Key, LiveEndpoint> next = new HashMap<>(old);
            if (endpoint == null) {
                next.remove(key);
            } else {
                next.put(key, endpoint);
            }
            return Map.copyOf(next);
        });
        expected.remove(key);
    }
}
