package dev.pilothouse.ship.delivery;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.notify.Delivery;
import dev.pilothouse.platform.notify.Notifications;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.releases.ServiceRow;
import dev.pilothouse.ship.releases.SqlServices;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A service's environments side by side, and what could not be told of them. Stateless. */
final class EnvironmentViews {
    private static final int TROUBLES = 5;

    private EnvironmentViews() {}

    /** All environments of a service in the order in which releases pass them, those last that its file names no more. */
    static List<ObjectNode> all(Tx tx, String tenant, String service) {
        List<ServiceRow> rows = inOrder(tx, tenant, service);
        return rows.stream()
                .map(row -> one(tx, row, Promotions.before(rows, row)))
                .toList();
    }

    /** The same in short, for those who look at one of them; empty where there is one only. */
    static void brief(Tx tx, ServiceRow row, ArrayNode to) {
        List<ServiceRow> rows = inOrder(tx, row.tenant(), row.name());
        if (rows.size() < 2) {
            return;
        }
        for (ServiceRow each : rows) {
            ObjectNode head = Views.head(SqlServices.view(tx, each));
            to.addObject()
                    .put("name", each.name())
                    .put("environment", each.environmentName())
                    .put("state", head.path("state").asString())
                    .put("stable", head.path("stable").asString(null));
        }
    }

    private static List<ServiceRow> inOrder(Tx tx, String tenant, String service) {
        var rows = new ArrayList<>(Promotions.of(tx, tenant, service));
        rows.sort(Comparator.comparing(row -> !row.declared()));
        return rows;
    }

    private static ObjectNode one(Tx tx, ServiceRow row, Optional<ServiceRow> before) {
        ServiceRow.View view = SqlServices.view(tx, row);
        ObjectNode node = Views.brief(tx, view);
        view.stable()
                .ifPresentOrElse(
                        stable -> {
                            node.put("digest", stable.candidate().digest().toString());
                            node.put("number", stable.number());
                            node.put("by", stable.by().name());
                            stable.origin().ifPresent(from -> Views.origin(node.putObject("promotedFrom"), from));
                        },
                        () -> node.putNull("digest"));
        Optional<Release> next =
                before.flatMap(source -> SqlServices.view(tx, source).stable());
        if (next.isEmpty()) {
            node.putNull("promotable");
        } else {
            Release stable = next.get();
            node.putObject("promotable")
                    .put("service", stable.service())
                    .put("environment", before.orElseThrow().environmentName())
                    .put("release", stable.id())
                    .put("number", stable.number())
                    .put("candidate", stable.candidate().title())
                    .put("digest", stable.candidate().digest().toString());
        }
        var gates = node.putArray("gates");
        row.spec().allGates().forEach(gate -> gates.add(gate.title()));
        return node;
    }

    /** What could not be delivered about a service, the newest first. */
    static void troubles(Tx tx, ServiceRow row, ArrayNode to) {
        for (Delivery delivery : Notifications.troubles(tx, row.tenant(), "service/" + row.name(), TROUBLES)) {
            to.addObject()
                    .put("id", delivery.id())
                    .put("channel", delivery.form().label())
                    .put("to", delivery.receiver())
                    .put("type", delivery.type())
                    .put("state", delivery.state().label())
                    .put("attempts", delivery.attempts())
                    .put("outcome", delivery.outcome())
                    .put("createdAt", delivery.createdAt().toString());
        }
    }

    /** Answers a list as the API does. */
    static ObjectNode list(List<ObjectNode> items) {
        ObjectNode answer = Json.object();
        answer.putArray("items").addAll(items);
        return answer.putNull("next");
    }
}
