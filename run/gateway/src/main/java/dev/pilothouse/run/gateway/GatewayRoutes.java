package dev.pilothouse.run.gateway;

import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.probes.ProviderState;
import dev.pilothouse.run.providers.Declarations;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.providers.ModelRoute.Target;
import dev.pilothouse.run.providers.Provider;
import dev.pilothouse.run.providers.TargetHealth;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Providers and aliases, and how they stand, over our own API. */
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
                .on("GET", "/api/v1/gateway/health", read, "showGatewayHealth", this::health)
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
        gateway.probed(tenant, provider.name()).ifPresent(state -> told(json.putObject("health"), state));
        return json;
    }

    private Reply health(Call call) {
        String tenant = call.caller().tenant();
        ObjectNode answer = Json.object();
        ArrayNode probed = answer.putArray("providers");
        for (Provider provider : gateway.providers(tenant)) {
            gateway.probed(tenant, provider.name()).ifPresent(state -> {
                ArrayNode probes = told(probed.addObject().put("provider", provider.name()), state)
                        .putArray("probes");
                state.course()
                        .forEach(each -> probes.addObject()
                                .put("at", each.at().toString())
                                .put("up", each.isUp())
                                .put("millis", each.took().toMillis()));
            });
        }
        ArrayNode targets = answer.putArray("targets");
        gateway.routes(tenant).stream()
                .flatMap(route -> Stream.concat(route.targets().stream(), route.fallbacks().stream()))
                .map(target -> new Target(target.provider(), target.model(), 1))
                .distinct()
                .forEach(target ->
                        standing(targets.addObject(), target, gateway.health().standing(tenant, target)));
        return Reply.json(answer);
    }

    private static ObjectNode told(ObjectNode json, ProviderState state) {
        return json.put("up", state.isUp())
                .put("since", state.since().toString())
                .put("at", state.at().toString())
                .put("why", state.why());
    }

    private static void standing(ObjectNode json, Target target, TargetHealth.Standing standing) {
        json.put("provider", target.provider())
                .put("model", target.model())
                .put("breaker", standing.phase().label())
                .put("failures", standing.failures())
                .put("restMillis", standing.rest().toMillis());
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
