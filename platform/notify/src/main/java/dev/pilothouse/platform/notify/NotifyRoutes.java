package dev.pilothouse.platform.notify;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Webhook deliveries and secrets over HTTP. */
public final class NotifyRoutes {
    private static final int PAGE = 100;
    private static final int MAX_PAGE = 1000;

    private final Notifications notifications;

    /** Routes of notifications. */
    public NotifyRoutes(Notifications notifications) {
        this.notifications = notifications;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        table.api()
                .on("GET", "/api/v1/webhooks/secret", Access.role(Role.ADMIN), "getWebhookSecret", this::secret)
                .on("GET", "/api/v1/webhooks/deliveries", Access.role(Role.VIEWER), "listWebhookDeliveries", this::list)
                .on(
                        "POST",
                        "/api/v1/webhooks/deliveries/{id}/retry",
                        Access.role(Role.ENGINEER),
                        "retryWebhookDelivery",
                        this::retry);
    }

    private Reply secret(Call call) {
        URI url = Notifications.parse(call.query("url").orElse(""));
        return Reply.json(Json.object()
                        .put("url", url.toString())
                        .put("secret", notifications.secretText(call.caller().tenant(), url)))
                .with("cache-control", "no-store");
    }

    private Reply list(Call call) {
        int limit = call.intQuery("limit", PAGE, 1, MAX_PAGE);
        List<Delivery> found = notifications.list(
                call.caller().tenant(),
                call.query("state").map(NotifyRoutes::state),
                call.query("cursor").orElse(""),
                limit);
        ObjectNode body = Json.object();
        ArrayNode items = body.putArray("items");
        found.forEach(delivery -> items.add(json(delivery)));
        body.put("next", found.size() == limit ? found.getLast().id() : null);
        return Reply.json(body);
    }

    private Reply retry(Call call) {
        return Reply.json(json(notifications.sendAgain(call.caller().tenant(), call.param("id"))));
    }

    private static Delivery.State state(String label) {
        return Arrays.stream(Delivery.State.values())
                .filter(state -> state.label().equals(label))
                .findFirst()
                .orElseThrow(() -> CommonError.INVALID.because("There is no state '" + label + "' of deliveries."
                        + Nearest.hint(
                                label,
                                Arrays.stream(Delivery.State.values())
                                        .map(Delivery.State::label)
                                        .toList())));
    }

    private static ObjectNode json(Delivery delivery) {
        return Json.object()
                .put("id", delivery.id())
                .put("channel", delivery.form().label())
                .put("url", delivery.receiver())
                .put("type", delivery.type())
                .put("subject", delivery.subject())
                .put("state", delivery.state().label())
                .put("attempts", delivery.attempts())
                .put("outcome", delivery.outcome())
                .put("createdAt", delivery.createdAt().toString())
                .put("nextAt", text(delivery.nextAt()))
                .put("finishedAt", text(delivery.finishedAt()));
    }

    private static @Nullable String text(Optional<?> value) {
        return value.isPresent() ? value.get().toString() : null;
    }
}
