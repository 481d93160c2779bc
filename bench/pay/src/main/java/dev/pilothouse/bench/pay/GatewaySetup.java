package dev.pilothouse.bench.pay;

import dev.pilothouse.bench.measure.Api;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
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

    /** A key of an application that may call models. */
    record AppKey(String id, String secret) {}

    /** Makes a key. */
    AppKey key(String name) throws IOException, InterruptedException {
        String principal = api.call(
                        "POST",
                        "/api/v1/principals",
                        "{\"kind\": \"service\", \"name\": \"%s\", \"roles\": [\"invoker\"]}".formatted(name))
                .path("id")
                .asString();
        var made = api.call(
                "POST",
                "/api/v1/keys",
                "{\"name\": \"%s\", \"principal\": \"%s\", \"roles\": [\"invoker\"]}".formatted(name, principal));
        return new AppKey(made.path("id").asString(), made.path("key").asString());
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
