package dev.pilothouse.run.cache;

import dev.pilothouse.kernel.Money;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Kept answers over our own API: counted by the server that is asked, dropped by all. */
public final class CacheRoutes {
    private static final String PATH = "/api/v1/gateway/cache";

    private final ResponseCache cache;
    private final Clearings clearings;

    /** Routes of a server's cache. */
    public CacheRoutes(ResponseCache cache, Clearings clearings) {
        this.cache = cache;
        this.clearings = clearings;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        table.api()
                .on("GET", PATH, Access.role(Role.VIEWER), "showGatewayCache", this::show)
                .on("DELETE", PATH, Access.role(Role.ENGINEER), "clearGatewayCache", this::clear);
    }

    private Reply show(Call call) {
        String tenant = call.caller().tenant();
        ObjectNode answer = put(Json.object(), cache.stats(tenant));
        ArrayNode aliases = answer.putArray("aliases");
        cache.statsByAlias(tenant)
                .forEach((alias, stats) -> put(aliases.addObject().put("alias", alias), stats));
        return Reply.json(answer);
    }

    private static ObjectNode put(ObjectNode json, CacheStats stats) {
        return json.put("hits", stats.hits())
                .put("misses", stats.misses())
                .put("bypasses", stats.bypasses())
                .put("savedUsd", Money.usd(stats.savedNanoUsd()))
                .put("entries", stats.entries())
                .put("bytes", stats.bytes());
    }

    private Reply clear(Call call) {
        int dropped = clearings.clear(call.caller(), call.query("alias").filter(alias -> !alias.isEmpty()));
        return Reply.json(Json.object().put("dropped", dropped));
    }
}
