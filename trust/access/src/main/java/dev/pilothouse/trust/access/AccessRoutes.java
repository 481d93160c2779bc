package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Keys, principals and units over HTTP. */
public final class AccessRoutes {
    private static final int PAGE = 100;
    private static final int MAX_PAGE = 1000;

    private final dev.pilothouse.trust.access.Access access;

    /** Routes of access. */
    public AccessRoutes(dev.pilothouse.trust.access.Access access) {
        this.access = access;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        table.api()
                .on("GET", "/api/v1/whoami", Access.caller(), "whoAmI", this::whoAmI)
                .on("POST", "/api/v1/keys", Access.caller(), "createKey", this::createKey)
                .on("GET", "/api/v1/keys", Access.caller(), "listKeys", this::listKeys)
                .on("DELETE", "/api/v1/keys/{id}", Access.caller(), "revokeKey", this::revokeKey)
                .on("POST", "/api/v1/principals", Access.role(Role.ADMIN), "createPrincipal", this::createPrincipal)
                .on("GET", "/api/v1/principals", Access.role(Role.VIEWER), "listPrincipals", this::listPrincipals)
                .on(
                        "PATCH",
                        "/api/v1/principals/{id}",
                        Access.role(Role.ADMIN),
                        "changePrincipal",
                        this::changePrincipal)
                .on("POST", "/api/v1/units", Access.role(Role.ADMIN), "createUnit", this::createUnit)
                .on("GET", "/api/v1/units", Access.role(Role.VIEWER), "listUnits", this::listUnits);
    }

    private Reply whoAmI(Call call) {
        return Reply.json(json(call.caller()));
    }

    static ObjectNode json(Caller caller) {
        ObjectNode body = Json.object()
                .put("tenant", caller.tenant())
                .put("principal", caller.principal())
                .put("name", caller.name())
                .put("kind", Rules.label(caller.kind()));
        body.set("roles", dev.pilothouse.trust.access.Access.labels(caller.roles()));
        return body;
    }

    private Reply createKey(Call call) {
        ObjectNode body = fields(call, "name", "principal", "roles", "expiresIn");
        Optional<Duration> life = text(body, "expiresIn").map(Rules::life);
        NewKey made =
                access.createKey(call.caller(), text(body, "principal"), required(body, "name"), roles(body), life);
        return Reply.json(201, json(made.key()).put("key", made.text())).with("cache-control", "no-store");
    }

    private Reply listKeys(Call call) {
        int limit = call.intQuery("limit", PAGE, 1, MAX_PAGE);
        return page(access.keys(call.caller(), cursor(call), limit), limit, AccessRoutes::json, ApiKey::id);
    }

    private Reply revokeKey(Call call) {
        access.revokeKey(call.caller(), call.param("id"));
        return Reply.empty();
    }

    private Reply createPrincipal(Call call) {
        ObjectNode body = fields(call, "kind", "name", "roles");
        Principal made = access.createPrincipal(
                call.caller(), Rules.kind(required(body, "kind")), required(body, "name"), roles(body));
        return Reply.json(201, json(made));
    }

    private Reply listPrincipals(Call call) {
        int limit = call.intQuery("limit", PAGE, 1, MAX_PAGE);
        return page(
                access.principals(call.caller().tenant(), cursor(call), limit),
                limit,
                AccessRoutes::json,
                Principal::id);
    }

    private Reply changePrincipal(Call call) {
        ObjectNode body = fields(call, "active", "roles");
        if (body.has("active") && !body.path("active").isBoolean()) {
            throw CommonError.INVALID.because("The field 'active' must be true or false.");
        }
        Optional<Boolean> active =
                body.has("active") ? Optional.of(body.path("active").booleanValue()) : Optional.empty();
        Optional<Set<Role>> roles = body.has("roles") ? Optional.of(roles(body)) : Optional.empty();
        return Reply.json(json(access.changePrincipal(call.caller(), call.param("id"), active, roles)));
    }

    private Reply createUnit(Call call) {
        ObjectNode body = fields(call, "kind", "name", "parent");
        Unit made = access.createUnit(
                call.caller(), Unit.Kind.parse(required(body, "kind")), required(body, "name"), text(body, "parent"));
        return Reply.json(201, json(made));
    }

    private Reply listUnits(Call call) {
        List<Unit> units = access.units(call.caller().tenant());
        return page(units, units.size() + 1, AccessRoutes::json, Unit::id);
    }

    private static <T> Reply page(List<T> items, int limit, Function<T, ObjectNode> json, Function<T, String> id) {
        ObjectNode body = Json.object();
        ArrayNode array = body.putArray("items");
        items.forEach(item -> array.add(json.apply(item)));
        body.put("next", items.size() == limit ? id.apply(items.getLast()) : null);
        return Reply.json(body);
    }

    private static String cursor(Call call) {
        return call.query("cursor").orElse("");
    }

    private static ObjectNode json(ApiKey key) {
        ObjectNode body =
                Json.object().put("id", key.id()).put("name", key.name()).put("principal", key.principal());
        body.set("roles", dev.pilothouse.trust.access.Access.labels(key.roles()));
        return body.put("createdAt", key.createdAt().toString())
                .put("expiresAt", key.expiresAt().map(Object::toString).orElse(null))
                .put("revokedAt", key.revokedAt().map(Object::toString).orElse(null))
                .put("lastUsedAt", key.lastUsedAt().map(Object::toString).orElse(null));
    }

    private static ObjectNode json(Principal principal) {
        ObjectNode body = Json.object()
                .put("id", principal.id())
                .put("kind", Rules.label(principal.kind()))
                .put("name", principal.name());
        body.set("roles", dev.pilothouse.trust.access.Access.labels(principal.roles()));
        return body.put("active", principal.active())
                .put("createdAt", principal.createdAt().toString());
    }

    private static ObjectNode json(Unit unit) {
        return Json.object()
                .put("id", unit.id())
                .put("kind", unit.kind().label())
                .put("name", unit.name())
                .put("parent", unit.parent().isEmpty() ? null : unit.parent())
                .put("createdAt", unit.createdAt().toString());
    }

    /** The body, refused with all unknown fields at once. */
    private static ObjectNode fields(Call call, String... known) {
        ObjectNode body = call.json();
        List<String> names = List.of(known);
        List<Problem> problems = body.propertyNames().stream()
                .filter(name -> !names.contains(name))
                .map(name -> new Problem(name, "There is no such field." + Nearest.hint(name, names)))
                .toList();
        if (!problems.isEmpty()) {
            throw CommonError.invalid("The request has fields that mean nothing here.", problems);
        }
        return body;
    }

    private static Optional<String> text(ObjectNode body, String field) {
        JsonNode value = body.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isString()) {
            throw CommonError.INVALID.because("The field '" + field + "' must be a text.");
        }
        return Optional.of(value.stringValue());
    }

    private static String required(ObjectNode body, String field) {
        return text(body, field)
                .orElseThrow(() -> CommonError.INVALID.because("The field '" + field + "' is missing."));
    }

    private static Set<Role> roles(ObjectNode body) {
        if (!(body.path("roles") instanceof ArrayNode array)) {
            throw CommonError.INVALID.because("The field 'roles' must be a list of roles, such as [\"engineer\"].");
        }
        Set<Role> roles = EnumSet.noneOf(Role.class);
        var problems = new ArrayList<Problem>();
        for (int i = 0; i < array.size(); i++) {
            try {
                roles.add(Role.parse(array.get(i).asString("")));
            } catch (PilothouseException e) {
                problems.add(new Problem("roles[" + i + "]", e.detail()));
            }
        }
        if (!problems.isEmpty()) {
            throw CommonError.invalid("The request names roles that do not exist.", problems);
        }
        return roles;
    }
}
