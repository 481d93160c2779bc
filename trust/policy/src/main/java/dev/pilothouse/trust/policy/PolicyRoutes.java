package dev.pilothouse.trust.policy;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Approvals over HTTP. */
public final class PolicyRoutes {
    private static final List<String> FIELDS = List.of("decision", "comment", "digest");
    private static final int PAGE = 100;
    private static final int MAX_PAGE = 1000;

    private final Approvals approvals;

    /** Routes of approvals. */
    public PolicyRoutes(Approvals approvals) {
        this.approvals = approvals;
    }

    /** Adds the routes. Deciding asks for the role that the approval names, whatever it is. */
    public void addTo(RouteTable table) {
        table.api()
                .on("GET", "/api/v1/approvals", Access.caller(), "listApprovals", this::list)
                .on("GET", "/api/v1/approvals/{id}", Access.caller(), "getApproval", this::get)
                .on("POST", "/api/v1/approvals/{id}", Access.caller(), "decideApproval", this::decide);
    }

    private Reply list(Call call) {
        mayRead(call);
        int limit = call.intQuery("limit", PAGE, 1, MAX_PAGE);
        List<Approval> found = approvals.list(
                call.caller().tenant(), pending(call), call.query("cursor").orElse(""), limit);
        ObjectNode body = Json.object();
        ArrayNode items = body.putArray("items");
        found.forEach(approval -> items.add(json(approval)));
        body.put("next", found.size() == limit ? found.getLast().id() : null);
        return Reply.json(body);
    }

    private Reply get(Call call) {
        mayRead(call);
        return Reply.json(json(approvals
                .find(call.caller().tenant(), call.param("id"))
                .orElseThrow(() -> CommonError.NOT_FOUND.because("There is no approval '" + call.param("id") + "'."))));
    }

    private Reply decide(Call call) {
        ObjectNode body = call.json();
        List<Problem> problems = body.propertyNames().stream()
                .filter(name -> !FIELDS.contains(name))
                .map(name -> new Problem(name, "There is no such field." + Nearest.hint(name, FIELDS)))
                .toList();
        if (!problems.isEmpty()) {
            throw CommonError.invalid("The request has fields that mean nothing here.", problems);
        }
        String decision = text(body, "decision").orElse("");
        if (!decision.equals("approve") && !decision.equals("reject")) {
            throw CommonError.INVALID.because("The field 'decision' must be \"approve\" or \"reject\".");
        }
        Approval decided = approvals.decide(
                call.caller(),
                call.param("id"),
                decision.equals("approve"),
                text(body, "comment"),
                text(body, "digest").map(Digest::parse));
        return Reply.json(json(decided));
    }

    /** Approvers need to see what they decide, even where they may read nothing else. */
    private static void mayRead(Call call) {
        if (!call.caller().has(Role.APPROVER)) {
            call.caller().require(Role.VIEWER);
        }
    }

    private static boolean pending(Call call) {
        return switch (call.query("pending").orElse("false")) {
            case "true", "" -> true;
            case "false" -> false;
            default -> throw CommonError.INVALID.because("Query parameter 'pending' must be true or false.");
        };
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

    private static ObjectNode json(Approval approval) {
        ObjectNode body = Json.object()
                .put("id", approval.id())
                .put("subject", approval.subject())
                .put("digest", approval.digest().toString())
                .put("role", approval.role().label())
                .put("requestedBy", approval.requestedBy())
                .put("reason", approval.reason())
                .put("requestedAt", approval.requestedAt().toString())
                .put("expiresAt", approval.expiresAt().toString());
        return switch (approval.outcome()) {
            case Approval.Outcome.Pending _ -> outcome(body, "pending", null, null, Optional.empty());
            case Approval.Outcome.Approved o -> outcome(body, "approved", o.by(), o.at(), o.comment());
            case Approval.Outcome.Rejected o -> outcome(body, "rejected", o.by(), o.at(), o.comment());
            case Approval.Outcome.Expired o -> outcome(body, "expired", null, o.at(), Optional.empty());
        };
    }

    private static ObjectNode outcome(
            ObjectNode body, String state, @Nullable String by, @Nullable Instant at, Optional<String> comment) {
        return body.put("state", state)
                .put("decidedBy", by)
                .put("decidedAt", at == null ? null : at.toString())
                .put("comment", comment.orElse(null));
    }
}
