package dev.pilothouse.ship.spec;

import dev.pilothouse.platform.json.CanonicalJson;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.providers.ModelRoute.Target;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A route as the tree its document would be with every default written out, and back. Stateless. */
public final class RouteTree {
    private RouteTree() {}

    /** Canonical text (RFC 8785), which {@link #read} reads back. */
    public static String text(ModelRoute route, RoutePlan plan) {
        ObjectNode tree =
                Json.object().put("apiVersion", SpecReader.API_VERSION).put("kind", "Route");
        tree.putObject("metadata").put("name", route.alias());
        put(tree, route);
        ObjectNode rollout = tree.putObject("rollout");
        SpecTree.rollout(rollout, plan.rollout());
        // What a route has not.
        rollout.remove(List.of("wrong-beyond", "signature", "keep-previous"));
        plan.cost().ifPresent(cost -> SpecTree.bounds(rollout.putObject("cost"), cost));
        rollout.put("dear-beyond", plan.cost().isPresent() ? Fields.plain(plan.dearBeyond()) : "any");
        return CanonicalJson.text(tree);
    }

    /** Reads what {@link #text} wrote. */
    public static Resource.OfRoute read(String text) {
        return (Resource.OfRoute) SpecReader.file("stored", text).resources().getFirst();
    }

    /**
     * Reads a route whose HTTP API has the alias in its address.
     *
     * @param body the keys of a file's document, without its head; without {@code rollout} it has the usual one
     * @throws dev.pilothouse.kernel.PilothouseException INVALID with all problems
     */
    public static Resource.OfRoute read(String alias, ObjectNode body) {
        ObjectNode tree =
                Json.object().put("apiVersion", SpecReader.API_VERSION).put("kind", "Route");
        tree.putObject("metadata").put("name", alias);
        body.properties().forEach(member -> tree.set(member.getKey(), member.getValue()));
        if (!tree.has("rollout")) {
            tree.putObject("rollout");
        }
        return (Resource.OfRoute) SpecReader.file("body", Json.write(tree)).resources().stream()
                .findFirst()
                .orElseThrow();
    }

    private static void put(ObjectNode tree, ModelRoute route) {
        targets(tree.putArray("targets"), route.targets());
        targets(tree.putArray("fallbacks"), route.fallbacks());
        route.residency().forEach(tree.putArray("residency")::add);
        route.prompt()
                .ifPresent(prompt -> tree.putObject("prompt")
                        .put("name", prompt.name())
                        .put("version", prompt.version())
                        .put("text", prompt.text()));
    }

    private static void targets(ArrayNode to, List<Target> targets) {
        targets.forEach(target -> to.addObject()
                .put("provider", target.provider())
                .put("model", target.model())
                .put("weight", target.weight()));
    }
}
