package dev.pilothouse.ship.routing;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.ship.spec.RouteTree;
import dev.pilothouse.ship.spec.SpecReader;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Rollouts of aliases over HTTP. */
public final class RolloutRoutes {
    private static final List<String> MEMBERS = List.of("action", "reason");
    private static final int LONGEST_REASON = 1_000;

    private final Routing routing;

    /** Routes of a routing. */
    public RolloutRoutes(Routing routing) {
        this.routing = routing;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        Access read = Access.role(Role.VIEWER);
        Access change = Access.role(Role.ENGINEER);
        table.api()
                .maxBody(SpecReader.MAX_BYTES)
                .on("GET", "/api/v1/rollouts", read, "listRollouts", this::list)
                .on("GET", "/api/v1/rollouts/{*alias}", read, "getRollout", this::get)
                .on("PUT", "/api/v1/rollouts/{*alias}", change, "startRollout", this::start)
                .on("POST", "/api/v1/rollouts/{*alias}", change, "steerAliasRollout", this::steer);
    }

    private Reply list(Call call) {
        return Reply.list(routing.list(call.caller().tenant()));
    }

    private Reply get(Call call) {
        return Reply.json(routing.one(call.caller().tenant(), call.param("alias")));
    }

    private Reply start(Call call) {
        return Reply.json(routing.start(call.caller(), RouteTree.read(call.param("alias"), call.json())));
    }

    private Reply steer(Call call) {
        ObjectNode body = call.json();
        for (String name : body.propertyNames()) {
            if (!MEMBERS.contains(name)) {
                throw CommonError.INVALID.because(
                        "There is no member '" + name + "' here." + Nearest.hint(name, MEMBERS));
            }
        }
        String reason = text(body, "reason");
        if (reason.length() > LONGEST_REASON) {
            throw CommonError.INVALID.because("'reason' has at most " + LONGEST_REASON + " characters.");
        }
        return Reply.json(routing.act(call.caller(), call.param("alias"), text(body, "action"), reason));
    }

    private static String text(ObjectNode body, String member) {
        JsonNode value = body.path(member);
        if (!value.isMissingNode() && !value.isNull() && !value.isString()) {
            throw CommonError.INVALID.because("'" + member + "' must be a text.");
        }
        return value.isString() ? value.stringValue().strip() : "";
    }
}
