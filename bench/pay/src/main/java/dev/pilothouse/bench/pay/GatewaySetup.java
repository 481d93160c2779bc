package dev.pilothouse.bench.pay;

import dev.pilothouse.bench.measure.Api;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** Declares what a gateway's benchmark asks: the simulated provider, its prices and aliases, a key, and budgets. */
final class GatewaySetup {
    /** The scopes of a call besides organisation and key, as a client tells them. */
    static final Map<String, String> SCOPES = Map.of(
            "x-pilothouse-agent", "bench-agent",
            "x-pilothouse-session", "bench-session",
            "x-pilothouse-tags", "bench-tag");

    private final Api api;

    GatewaySetup(Api api) {
        this.api = api;
    }

    /** Prices, provider, and an alias for each model, of the model's own name. */
    void provider(Simulator simulator, List<String> models) throws IOException, InterruptedException {
        api.call(
                "POST",
                "/api/v1/prices/imports?format=overlay&source=bench",
                Simulator.PRICES.getBytes(StandardCharsets.UTF_8));
        api.call(
                "PUT",
                "/api/v1/providers/sim",
                "{\"kind\": \"compatible\", \"url\": \"%s/v1\"}".formatted(simulator.address()));
        for (String model : models) {
            api.call(
                    "PUT",
                    "/api/v1/aliases/" + model,
                    "{\"targets\": [{\"provider\": \"sim\", \"model\": \"%s\"}]}".formatted(model));
        }
    }

    /**
     * A key of an application that may call models.
     *
     * @param scopes that all its calls count in besides the organisation, as budgets name them
     */
    record AppKey(String id, String secret, List<String> scopes) {
        AppKey {
            scopes = List.copyOf(scopes);
        }
    }

    /** Makes a key. */
    AppKey key(String name) throws IOException, InterruptedException {
        return key(name, "", List.of());
    }

    /**
     * Makes a department, a team in it, and two projects of that, and a key of each project.
     *
     * @param name of the department; the others' begin with it
     */
    List<AppKey> keysOfProjects(String name) throws IOException, InterruptedException {
        String team = name + "-team";
        String department = unit("department", name, "");
        String within = unit("team", team, department);
        List<AppKey> keys = new ArrayList<>();
        for (String project : List.of(name + "-one", name + "-two")) {
            List<String> scopes = List.of(
                    "department:" + name,
                    "team:" + String.join("/", name, team),
                    "project:" + String.join("/", name, team, project));
            keys.add(key(project, unit("project", project, within), scopes));
        }
        return keys;
    }

    private String unit(String kind, String name, String parent) throws IOException, InterruptedException {
        ObjectNode unit = Json.object().put("kind", kind).put("name", name);
        if (!parent.isEmpty()) {
            unit.put("parent", parent);
        }
        return api.call("POST", "/api/v1/units", Json.bytes(unit)).path("id").asString();
    }

    private AppKey key(String name, String unit, List<String> scopes) throws IOException, InterruptedException {
        String principal = api.call(
                        "POST",
                        "/api/v1/principals",
                        "{\"kind\": \"service\", \"name\": \"%s\", \"roles\": [\"invoker\"]}".formatted(name))
                .path("id")
                .asString();
        ObjectNode wished = Json.object().put("name", name).put("principal", principal);
        wished.putArray("roles").add("invoker");
        if (!unit.isEmpty()) {
            wished.put("unit", unit);
        }
        var made = api.call("POST", "/api/v1/keys", Json.bytes(wished));
        String id = made.path("id").asString();
        return new AppKey(
                id,
                made.path("key").asString(),
                Stream.concat(Stream.of("key:" + id), scopes.stream()).toList());
    }

    /** A budget on one scope, such as {@code tag:search}. */
    void budget(String name, String scope, String window, long limitNanoUsd) throws IOException, InterruptedException {
        ObjectNode budget = Json.object()
                .put("scope", scope)
                .put("window", window)
                .put("limitNanoUsd", Long.toString(limitNanoUsd));
        api.call("PUT", "/api/v1/budgets/" + name, Json.bytes(budget));
    }
}
