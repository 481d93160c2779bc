package dev.pilothouse.pay.budgets;

import dev.pilothouse.kernel.Role;
import dev.pilothouse.pay.pacing.Pace;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Budgets over HTTP: who may read the tenant sees them, admins declare them. */
public final class BudgetRoutes {
    private static final int PAGE = 100;
    private static final int MAX_PAGE = 1000;

    private final Declarations declarations;
    private final Function<Budget, Optional<Pace>> paces;

    /**
     * Routes of budgets.
     *
     * @param paces where the calls of a budget go for the moment, such as {@link Paces#pace}
     */
    public BudgetRoutes(Declarations declarations, Function<Budget, Optional<Pace>> paces) {
        this.declarations = declarations;
        this.paces = paces;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        Access read = Access.role(Role.VIEWER);
        Access write = Access.role(Role.ADMIN);
        table.api()
                .on("GET", "/api/v1/budgets", read, "listBudgets", this::list)
                .on("GET", "/api/v1/budgets/{name}", read, "getBudget", this::get)
                .on("PUT", "/api/v1/budgets/{name}", write, "putBudget", this::put)
                .on("DELETE", "/api/v1/budgets/{name}", write, "removeBudget", this::remove);
    }

    private Reply list(Call call) {
        int limit = call.intQuery("limit", PAGE, 1, MAX_PAGE);
        List<Standing> found =
                declarations.list(call.caller().tenant(), call.query("cursor").orElse(""), limit);
        ObjectNode body = Json.object();
        ArrayNode items = body.putArray("items");
        found.forEach(standing -> items.add(json(standing)));
        body.put("next", found.size() == limit ? found.getLast().budget().name() : null);
        return Reply.json(body);
    }

    private Reply get(Call call) {
        String name = call.param("name");
        return Reply.json(
                json(declarations.find(call.caller().tenant(), name).orElseThrow(() -> Declarations.missing(name))));
    }

    private Reply put(Call call) {
        Budget wished = BudgetJson.Reader.read(call.caller().tenant(), call.param("name"), call.json());
        return Reply.json(json(declarations.put(call.caller(), wished)));
    }

    private Reply remove(Call call) {
        declarations.remove(call.caller(), call.param("name"));
        return Reply.empty();
    }

    private ObjectNode json(Standing standing) {
        return BudgetJson.json(standing, paces.apply(standing.budget()));
    }
}
