package dev.pilothouse.platform.edge;

import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.ErrorShape;
import dev.pilothouse.platform.http.HealthCheck;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /health}, {@code /health/ready} and {@code /metrics}. */
final class HealthRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(HealthRoutes.class);

    private final Map<String, HealthCheck> checks;
    private final Meters meters;
    private volatile boolean draining;

    HealthRoutes(Map<String, HealthCheck> checks, Meters meters) {
        this.checks = new TreeMap<>(checks);
        this.meters = meters;
    }

    void addTo(RouteTable table) {
        table.protocol("edge", ErrorShape.problemJson(), "")
                .on("GET", "/health", Access.open(), "health", _ -> live())
                .on("GET", "/health/ready", Access.open(), "ready", _ -> ready())
                .on("GET", "/metrics", Access.role(Role.VIEWER), "metrics", this::metrics);
    }

    /** From now on this server asks to be left alone. */
    void drain() {
        draining = true;
    }

    private Reply live() {
        return Reply.json(Json.object().put("status", draining ? "draining" : "well"))
                .with("cache-control", "no-store");
    }

    private Reply ready() {
        boolean well = !draining;
        var answer = Json.object();
        var list = Json.array();
        for (var check : checks.entrySet()) {
            Optional<String> trouble = trouble(check.getKey(), check.getValue());
            well &= trouble.isEmpty();
            var line = list.addObject().put("name", check.getKey()).put("well", trouble.isEmpty());
            trouble.ifPresent(sentence -> line.put("trouble", sentence));
        }
        answer.put("status", draining ? "draining" : well ? "ready" : "not-ready")
                .set("checks", list);
        return Reply.json(well ? 200 : 503, answer).with("cache-control", "no-store");
    }

    private static Optional<String> trouble(String name, HealthCheck check) {
        try {
            return check.trouble();
        } catch (Exception e) {
            LOG.warn("The health check '{}' failed", name, e);
            return Optional.of("The check itself failed; the server's log says why.");
        }
    }

    private Reply metrics(Call call) {
        meters.refuseOthers(call.caller());
        return Reply.of(
                200, "text/plain; version=0.0.4; charset=utf-8", meters.text().getBytes(StandardCharsets.UTF_8));
    }
}
