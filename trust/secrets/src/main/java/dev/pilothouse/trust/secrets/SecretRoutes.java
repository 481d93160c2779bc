package dev.pilothouse.trust.secrets;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Secrets over HTTP: values go in, none comes out. */
public final class SecretRoutes {
    /** A value, twice escaped as JSON may do, and what is around it. */
    private static final long MAX_BODY = 8L * Secrets.MAX_BYTES;

    private final Secrets secrets;

    /** Routes of secrets. */
    public SecretRoutes(Secrets secrets) {
        this.secrets = secrets;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        var change = Access.role(Role.KEEPER);
        table.api()
                .maxBody(MAX_BODY)
                .on("GET", "/api/v1/secrets", Access.role(Role.VIEWER), "listSecrets", this::list)
                .on("PUT", "/api/v1/secrets/{name}", change, "setSecret", this::set)
                .on("DELETE", "/api/v1/secrets/{name}", change, "removeSecret", this::remove);
    }

    private Reply list(Call call) {
        return Reply.list(secrets.list(call.caller().tenant()).stream()
                .map(SecretRoutes::json)
                .toList());
    }

    private Reply set(Call call) {
        ObjectNode body = call.json();
        List<String> known = List.of("value");
        List<Problem> problems = body.propertyNames().stream()
                .filter(name -> !known.contains(name))
                .map(name -> new Problem(name, "There is no such field." + Nearest.hint(name, known)))
                .toList();
        if (!problems.isEmpty()) {
            throw CommonError.invalid("The request has fields that mean nothing here.", problems);
        }
        JsonNode value = body.path("value");
        if (!value.isString()) {
            throw CommonError.INVALID.because("The field 'value' must be a text.");
        }
        return Reply.json(json(secrets.set(call.caller(), environment(call), call.param("name"), value.stringValue())));
    }

    private Reply remove(Call call) {
        secrets.remove(call.caller(), environment(call), call.param("name"));
        return Reply.empty();
    }

    private static String environment(Call call) {
        return call.query("environment").orElse("");
    }

    private static ObjectNode json(Secret secret) {
        return Json.object()
                .put("name", secret.name())
                .put("environment", secret.everywhere() ? null : secret.environment())
                .put("version", secret.version())
                .put("setBy", secret.setBy())
                .put("setAt", secret.setAt().toString());
    }
}
