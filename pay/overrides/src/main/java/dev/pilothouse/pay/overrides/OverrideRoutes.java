package dev.pilothouse.pay.overrides;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.pay.budgets.Unit;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Overrides over HTTP. They are decided where all approvals are: {@code POST /api/v1/approvals/{id}}. */
public final class OverrideRoutes {
    private static final List<String> FIELDS = List.of("amount", "expiresAt", "reason");
    private static final int PAGE = 100;
    private static final int MAX_PAGE = 1000;

    private final Overrides overrides;

    /** Routes of overrides. */
    public OverrideRoutes(Overrides overrides) {
        this.overrides = overrides;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        String path = "/api/v1/budgets/{name}/overrides";
        table.api()
                .on("GET", path, Access.role(Role.VIEWER), "listBudgetOverrides", this::list)
                .on("POST", path, Access.role(Role.ENGINEER), "requestBudgetOverride", this::request);
    }

    private Reply list(Call call) {
        int limit = call.intQuery("limit", PAGE, 1, MAX_PAGE);
        List<BudgetOverride> found = overrides.list(
                call.caller().tenant(), call.param("name"), call.query("cursor").orElse(""), limit);
        ObjectNode body = Json.object();
        ArrayNode items = body.putArray("items");
        found.forEach(override -> items.add(json(override)));
        body.put("next", found.size() == limit ? found.getLast().id() : null);
        return Reply.json(body);
    }

    private Reply request(Call call) {
        ObjectNode body = call.json();
        List<Problem> problems = body.propertyNames().stream()
                .filter(name -> !FIELDS.contains(name))
                .map(name -> new Problem(name, "There is no such field." + Nearest.hint(name, FIELDS)))
                .toList();
        if (!problems.isEmpty()) {
            throw CommonError.invalid("The request has fields that mean nothing here.", problems);
        }
        BudgetOverride asked = overrides.request(
                call.caller(),
                call.param("name"),
                text(body, "amount", "by how much, such as \"200.00\""),
                instant(text(body, "expiresAt", "until when, such as \"2026-12-31T23:00:00Z\"")),
                text(body, "reason", "why"));
        return Reply.json(201, json(asked));
    }

    private static String text(ObjectNode body, String field, String what) {
        if (!body.path(field).isString()) {
            throw CommonError.INVALID.because("The field '" + field + "' must say, as a text, " + what + ".");
        }
        return body.path(field).stringValue();
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException _) {
            throw CommonError.INVALID.because("The field 'expiresAt' is '" + text
                    + "'; write a moment as in ISO 8601, with its offset, such as 2026-12-31T23:00:00Z.");
        }
    }

    private static ObjectNode json(BudgetOverride override) {
        ObjectNode body = Json.object()
                .put("id", override.id())
                .put("budget", override.budgetName())
                .put("state", override.state().label())
                .put("unit", override.unit().label())
                .put("amount", override.unit().text(override.amount()));
        if (override.unit() == Unit.NANO_USD) {
            body.put("amountNanoUsd", override.amount());
        }
        return body.put("reason", override.reason())
                .put("requestedBy", override.requestedBy())
                .put("requestedAt", override.requestedAt().toString())
                .put("expiresAt", override.expiresAt().toString())
                .put("approval", override.approval())
                .put("outcome", override.outcome().isEmpty() ? null : override.outcome());
    }
}
