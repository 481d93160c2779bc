package dev.pilothouse.trust.access;

import static dev.pilothouse.trust.access.RequestFields.cursor;
import static dev.pilothouse.trust.access.RequestFields.fields;
import static dev.pilothouse.trust.access.RequestFields.limit;
import static dev.pilothouse.trust.access.RequestFields.page;
import static dev.pilothouse.trust.access.RequestFields.required;
import static dev.pilothouse.trust.access.RequestFields.roles;
import static dev.pilothouse.trust.access.RequestFields.text;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/** Principals, organisations and units over HTTP. */
public final class AccessRoutes {
    private final dev.pilothouse.trust.access.Access access;
    private final PersonalData erasure;

    /**
     * Routes of access.
     *
     * @param erasure erases what the ledger knows of those who are removed
     */
    public AccessRoutes(dev.pilothouse.trust.access.Access access, PersonalData erasure) {
        this.access = access;
        this.erasure = erasure;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        table.api()
                .on("GET", "/api/v1/whoami", Access.caller(), "whoAmI", this::whoAmI)
                .on("POST", "/api/v1/principals", Access.role(Role.ADMIN), "createPrincipal", this::createPrincipal)
                .on("GET", "/api/v1/principals", Access.role(Role.VIEWER), "listPrincipals", this::listPrincipals)
                .on(
                        "PATCH",
                        "/api/v1/principals/{id}",
                        Access.role(Role.ADMIN),
                        "changePrincipal",
                        this::changePrincipal)
                .on(
                        "DELETE",
                        "/api/v1/principals/{id}",
                        Access.role(Role.ADMIN),
                        "removePrincipal",
                        this::removePrincipal)
                .on(
                        "POST",
                        "/api/v1/organisations",
                        Access.role(Role.ADMIN),
                        "createOrganisation",
                        this::createOrganisation)
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

    private Reply createPrincipal(Call call) {
        ObjectNode body = fields(call, "kind", "name", "roles");
        Principal made = access.createPrincipal(
                call.caller(), Rules.kind(required(body, "kind")), required(body, "name"), roles(body));
        return Reply.json(201, json(made));
    }

    private Reply listPrincipals(Call call) {
        int limit = limit(call);
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

    private Reply removePrincipal(Call call) {
        return Reply.json(json(access.removePrincipal(call.caller(), call.param("id"), erasure)));
    }

    private Reply createOrganisation(Call call) {
        ObjectNode body = fields(call, "name", "admin");
        NewKey made = access.createOrganisation(
                call.caller(), required(body, "name"), text(body, "admin").orElse("admin"));
        return Reply.json(
                        201,
                        Json.object()
                                .put("id", made.key().tenant())
                                .put("admin", made.key().principal())
                                .put("key", made.text()))
                .with("cache-control", "no-store");
    }

    private Reply createUnit(Call call) {
        ObjectNode body = fields(call, "kind", "name", "parent");
        Unit made = access.createUnit(
                call.caller(), Unit.Kind.parse(required(body, "kind")), required(body, "name"), text(body, "parent"));
        return Reply.json(201, json(made));
    }

    private Reply listUnits(Call call) {
        List<Unit> units = access.units(call.caller().tenant());
        Map<String, Unit> byId = units.stream().collect(Collectors.toMap(Unit::id, unit -> unit));
        return page(units, units.size() + 1, unit -> json(unit).put("scope", scope(unit, byId)), Unit::id);
    }

    /** How a budget names whom it is for. */
    private static String scope(Unit unit, Map<String, Unit> byId) {
        List<String> path = Unit.path(unit.id(), id -> Optional.ofNullable(byId.get(id)));
        return path.isEmpty() ? Unit.Kind.ORGANISATION.label() + ":" + unit.tenant() : path.getLast();
    }

    private static ObjectNode json(Principal principal) {
        ObjectNode body = Json.object()
                .put("id", principal.id())
                .put("kind", Rules.label(principal.kind()))
                .put("name", principal.name());
        body.set("roles", dev.pilothouse.trust.access.Access.labels(principal.roles()));
        return body.put("active", principal.active())
                .put("createdAt", principal.createdAt().toString())
                .put("removedAt", principal.removedAt().map(Object::toString).orElse(null));
    }

    private static ObjectNode json(Unit unit) {
        return Json.object()
                .put("id", unit.id())
                .put("kind", unit.kind().label())
                .put("name", unit.name())
                .put("parent", unit.parent().isEmpty() ? null : unit.parent())
                .put("createdAt", unit.createdAt().toString());
    }
}
