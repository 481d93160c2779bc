package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.providers.Declarations;
import dev.pilothouse.ship.spec.Resource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Keeps in memory what files declare beside services; a route must name a provider that is there. */
final class Shelf implements Resources {
    final Map<String, ObjectNode> kept = new HashMap<>();
    int applied;

    @Override
    public Optional<ObjectNode> stored(Tx tx, String tenant, Resource resource) {
        return Optional.ofNullable(kept.get(key(resource)));
    }

    private static String key(Resource resource) {
        return resource.kind() + "/" + resource.name();
    }

    @Override
    public ObjectNode wished(String tenant, Resource resource) {
        return switch (resource) {
            case Resource.OfProvider declared -> Declarations.json(declared.provider());
            case Resource.OfRoute declared -> Declarations.json(declared.route());
            case Resource.OfBudget declared -> Json.object().setAll(declared.body());
        };
    }

    @Override
    public void apply(Tx tx, Caller by, Resource resource) {
        by.require(Role.ENGINEER);
        if (resource instanceof Resource.OfRoute declared
                && !kept.containsKey(
                        "Provider/" + declared.route().targets().getFirst().provider())) {
            throw CommonError.INVALID.because("Its provider is not declared.");
        }
        kept.put(key(resource), wished(by.tenant(), resource));
    }

    @Override
    public List<String> names(Tx tx, String tenant, String kind) {
        return kept.keySet().stream()
                .filter(key -> key.startsWith(kind + "/"))
                .map(key -> key.substring(kind.length() + 1))
                .sorted()
                .toList();
    }

    @Override
    public void remove(Tx tx, Caller by, String kind, String name) {
        kept.remove(kind + "/" + name);
    }

    @Override
    public void applied() {
        applied++;
    }
}
