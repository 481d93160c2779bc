package dev.pilothouse.trust.access;

import static dev.pilothouse.trust.access.RequestFields.cursor;
import static dev.pilothouse.trust.access.RequestFields.fields;
import static dev.pilothouse.trust.access.RequestFields.limit;
import static dev.pilothouse.trust.access.RequestFields.page;
import static dev.pilothouse.trust.access.RequestFields.required;
import static dev.pilothouse.trust.access.RequestFields.roles;
import static dev.pilothouse.trust.access.RequestFields.text;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.time.Duration;
import tools.jackson.databind.node.ObjectNode;

/** Keys over HTTP. */
public final class KeyRoutes {
    private final Keys keys;

    /** Routes of keys. */
    public KeyRoutes(Keys keys) {
        this.keys = keys;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        table.api()
                .on("POST", "/api/v1/keys", Access.caller(), "createKey", this::create)
                .on("GET", "/api/v1/keys", Access.caller(), "listKeys", this::list)
                .on("PATCH", "/api/v1/keys/{id}", Access.role(Role.ADMIN), "moveKey", this::move)
                .on("POST", "/api/v1/keys/{id}/rotate", Access.caller(), "rotateKey", this::rotate)
                .on("DELETE", "/api/v1/keys/{id}", Access.caller(), "revokeKey", this::revoke);
    }

    private Reply create(Call call) {
        ObjectNode body = fields(call, "name", "principal", "roles", "expiresIn", "unit");
        KeyLife life = KeyLife.parse(text(body, "expiresIn"));
        return made(keys.create(
                call.caller(), text(body, "principal"), required(body, "name"), roles(body), life, text(body, "unit")));
    }

    private Reply move(Call call) {
        ObjectNode body = fields(call, "unit");
        if (!body.has("unit")) {
            throw CommonError.INVALID.because(
                    "Say in 'unit' the id of the unit that the key belongs to, or null for none.");
        }
        return Reply.json(json(
                keys.move(call.caller(), call.param("id"), text(body, "unit").orElse(""))));
    }

    private Reply list(Call call) {
        int limit = limit(call);
        return page(keys.list(call.caller(), cursor(call), limit), limit, KeyRoutes::json, ApiKey::id);
    }

    private Reply rotate(Call call) {
        Duration overlap =
                text(fields(call, "overlap"), "overlap").map(Rules::overlap).orElse(Keys.OVERLAP);
        return made(keys.rotate(call.caller(), call.param("id"), overlap));
    }

    private Reply revoke(Call call) {
        keys.revoke(call.caller(), call.param("id"));
        return Reply.empty();
    }

    private static Reply made(NewKey made) {
        return Reply.json(201, json(made)).with("cache-control", "no-store");
    }

    /** A key that was just made, with its text. */
    public static ObjectNode json(NewKey made) {
        return json(made.key()).put("key", made.text());
    }

    private static ObjectNode json(ApiKey key) {
        ObjectNode body =
                Json.object().put("id", key.id()).put("name", key.name()).put("principal", key.principal());
        body.put("unit", key.unit().isEmpty() ? null : key.unit());
        body.set("roles", dev.pilothouse.trust.access.Access.labels(key.roles()));
        return body.put("createdAt", key.createdAt().toString())
                .put("expiresAt", key.expiresAt().map(Object::toString).orElse(null))
                .put("revokedAt", key.revokedAt().map(Object::toString).orElse(null))
                .put("lastUsedAt", key.lastUsedAt().map(Object::toString).orElse(null));
    }
}
