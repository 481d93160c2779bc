package dev.pilothouse.run.gateway;

import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.run.providers.Declarations;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.providers.Provider;
import tools.jackson.databind.node.ObjectNode;

/** Providers and aliases over our own API. */
public final class GatewayRoutes {
    private final Gateway gateway;

    /** Routes of a gateway. */
    public GatewayRoutes(Gateway gateway) {
        this.gateway = gateway;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        Access read = Access.role(Role.VIEWER);
        Access change = Access.role(Role.ENGINEER);
        table.api()
                .on("GET", "/api/v1/providers", read, "listProviders", this::providers)
                .on("PUT", "/api/v1/providers/{name}", change, "declareProvider", this::declareProvider)
                .on("DELETE", "/api/v1/providers/{name}", change, "removeProvider", this::removeProvider)
                .on("GET", "/api/v1/aliases", read, "listAliases", this::aliases)
                .on("PUT", "/api/v1/aliases/{*alias}", change, "declareAlias", this::declareAlias)
                .on("DELETE", "/api/v1/aliases/{*alias}", change, "removeAlias", this::removeAlias);
    }

    private Reply providers(Call call) {
        String tenant = call.caller().tenant();
        return Reply.list(gateway.providers(tenant).stream()
                .map(provider -> shown(tenant, provider))
                .toList());
    }

    private ObjectNode shown(String tenant, Provider provider) {
        ObjectNode json = Declarations.json(provider);
        gateway.probed(tenant, provider.name())
                .ifPresent(state -> json.putObject("health")
                        .put("up", state.isUp())
                        .put("since", state.since().toString())
                        .put("at", state.at().toString())
                        .put("why", state.why()));
        return json;
    }

    private Reply declareProvider(Call call) {
        Provider provider = Declarations.provider(call.param("name"), call.json());
        gateway.put(call.caller(), provider);
        return Reply.json(Declarations.json(provider));
    }

    private Reply removeProvider(Call call) {
        gateway.removeProvider(call.caller(), call.param("name"));
        return Reply.empty();
    }

    private Reply aliases(Call call) {
        return Reply.list(gateway.routes(call.caller().tenant()).stream()
                .map(Declarations::json)
                .toList());
    }

    private Reply declareAlias(Call call) {
        ModelRoute route = Declarations.route(call.param("alias"), call.json());
        return Reply.json(Declarations.json(gateway.put(call.caller(), route)));
    }

    private Reply removeAlias(Call call) {
        gateway.removeRoute(call.caller(), call.param("alias"));
        return Reply.empty();
    }
}
