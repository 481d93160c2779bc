package dev.pilothouse.run.guards;

import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;

/** Guards over our own API. */
public final class GuardRoutes {
    private final Guards guards;

    /** Routes of the guards. */
    public GuardRoutes(Guards guards) {
        this.guards = guards;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        Access read = Access.role(Role.VIEWER);
        Access change = Access.role(Role.ENGINEER);
        table.api()
                .on("GET", "/api/v1/guards", read, "listGuards", this::list)
                .on("PUT", "/api/v1/guards/{name}", change, "declareGuard", this::declare)
                .on("DELETE", "/api/v1/guards/{name}", change, "removeGuard", this::remove);
    }

    private Reply list(Call call) {
        return Reply.list(guards.told(call.caller().tenant()));
    }

    private Reply declare(Call call) {
        GuardPolicy policy = GuardDeclarations.policy(call.param("name"), call.json(), guards::webhook);
        guards.put(call.caller(), policy);
        return Reply.json(GuardDeclarations.json(policy));
    }

    private Reply remove(Call call) {
        guards.remove(call.caller(), call.param("name"));
        return Reply.empty();
    }
}
