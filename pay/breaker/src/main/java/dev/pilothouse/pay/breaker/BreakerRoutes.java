package dev.pilothouse.pay.breaker;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Agents, their baselines and their pauses over HTTP. Amounts of money are decimal strings of nano-USD. */
public final class BreakerRoutes {
    private final Breaker breaker;

    /** Routes to a breaker. */
    public BreakerRoutes(Breaker breaker) {
        this.breaker = breaker;
    }

    /** Adds all routes. */
    public void addTo(RouteTable table) {
        var read = Access.role(Role.VIEWER);
        var decide = Access.role(Role.APPROVER);
        table.api()
                .on("GET", "/api/v1/agents", read, "listAgents", this::list)
                .on("GET", "/api/v1/agents/{name}", read, "getAgent", this::get)
                .on("POST", "/api/v1/agents/{name}/pause", decide, "pauseAgent", this::pause)
                .on("POST", "/api/v1/agents/{name}/resume", decide, "resumeAgent", this::resume);
    }

    private Reply list(Call call) {
        int limit = call.intQuery("limit", 100, 1, 1_000);
        String after = call.query("cursor").orElse("");
        List<AgentState> page = breaker.agents(call.caller().tenant()).stream()
                .filter(agent -> agent.name().compareTo(after) > 0)
                .limit(limit)
                .toList();
        ObjectNode body = Json.object();
        var items = body.putArray("items");
        page.forEach(agent -> items.add(json(agent)));
        body.put("next", page.size() == limit ? page.getLast().name() : null);
        return Reply.json(body);
    }

    private Reply get(Call call) {
        AgentState.Detail agent = breaker.agent(call.caller().tenant(), call.param("name"));
        ObjectNode body = json(agent.state());
        var curve = body.putArray("curve");
        agent.curve().forEach(rate -> curve.add(Long.toString(rate)));
        body.set("trace", Traces.json(agent.trace()));
        var latches = body.putArray("latches");
        agent.latches().forEach(latch -> latches.add(json(latch)));
        return Reply.json(body);
    }

    private Reply pause(Call call) {
        ObjectNode body = call.json();
        checkFields(body, List.of("reason"));
        return Reply.json(json(breaker.pause(call.caller(), call.param("name"), text(body, "reason"))));
    }

    private Reply resume(Call call) {
        ObjectNode body = call.json();
        checkFields(body, List.of("latch", "reason", "accept"));
        JsonNode latch = body.path("latch");
        if (!latch.isIntegralNumber() || !latch.canConvertToLong()) {
            throw CommonError.INVALID.because("Name the 'latch' that you have seen by its number; GET "
                    + "/api/v1/agents/{name} shows it with the trace of what the agent did.");
        }
        JsonNode accept = body.path("accept");
        if (!accept.isMissingNode() && !accept.isBoolean()) {
            throw CommonError.INVALID.because("'accept' must be true or false.");
        }
        breaker.resume(
                call.caller(), call.param("name"), latch.longValue(), text(body, "reason"), accept.asBoolean(false));
        return Reply.json(json(breaker.agent(call.caller().tenant(), call.param("name"))
                .latches()
                .getFirst()));
    }

    private static void checkFields(ObjectNode body, List<String> known) {
        List<Problem> problems = body.propertyNames().stream()
                .filter(name -> !known.contains(name))
                .map(name -> new Problem(name, "There is no such field." + Nearest.hint(name, known)))
                .toList();
        if (!problems.isEmpty()) {
            throw CommonError.invalid("The request has fields that mean nothing here.", problems);
        }
    }

    private static String text(ObjectNode body, String field) {
        JsonNode value = body.path(field);
        if (!value.isMissingNode() && !value.isString()) {
            throw CommonError.INVALID.because("'" + field + "' must be a text.");
        }
        return value.asString("");
    }

    private static ObjectNode json(AgentState agent) {
        ObjectNode body = Json.object()
                .put("name", agent.name())
                .put("state", agent.latch().isPresent() ? "paused" : agent.learning() ? "learning" : "watched")
                .put("burnNanoUsdPerMinute", Long.toString(agent.burnNanoUsdPerMinute()))
                .put("predictedNanoUsdPerMinute", Long.toString(agent.predictedNanoUsdPerMinute()))
                .put("watchedHours", agent.watchedHours());
        agent.latch().ifPresent(latch -> body.set("latch", json(latch)));
        return body;
    }

    private static ObjectNode json(Latch latch) {
        ObjectNode body = Json.object()
                .put("number", latch.number())
                .put("since", latch.since().toString())
                .put("pausedBy", latch.pausedBy())
                .put("why", latch.why())
                .put("burnNanoUsdPerMinute", Long.toString(latch.burnNanoUsdPerMinute()))
                .put("predictedNanoUsdPerMinute", Long.toString(latch.predictedNanoUsdPerMinute()))
                .put("levelNanoUsdPerMinute", Long.toString(latch.levelNanoUsdPerMinute()));
        latch.resumed()
                .ifPresent(resumed -> body.putObject("resumed")
                        .put("at", resumed.at().toString())
                        .put("by", resumed.by())
                        .put("why", resumed.why()));
        return body;
    }
}
