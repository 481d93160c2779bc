package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.EventSink;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.spec.Schemas;
import dev.pilothouse.ship.spec.SpecReader;
import dev.pilothouse.ship.spec.SpecTree;
import dev.pilothouse.ship.verdicts.PassedLabels;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Services, releases and rollouts over HTTP. */
public final class DeliveryRoutes {
    private static final int MAX_FEEDBACK = 10_000;
    /** Events reach a watcher no faster than this: a status is large, and more of them than an eye follows help nobody. */
    private static final Duration BETWEEN_EVENTS = Duration.ofMillis(250);

    private final Delivery delivery;

    /** Routes to a delivery. */
    public DeliveryRoutes(Delivery delivery) {
        this.delivery = delivery;
    }

    /** Adds all routes. */
    public void addTo(RouteTable table) {
        var read = Access.role(Role.VIEWER);
        var change = Access.role(Role.ENGINEER);
        table.api()
                .on("GET", "/api/v1/schemas/{name}", Access.open(), "getSchema", DeliveryRoutes::schema)
                .on("GET", "/api/v1/services", read, "listServices", this::list)
                .on("GET", "/api/v1/services/{name}", read, "getService", this::status)
                .on("GET", "/api/v1/services/{name}/watch", read, "watchService", this::watch)
                .on("GET", "/api/v1/services/{name}/logs", read, "getServiceLogs", this::logs)
                .on("GET", "/api/v1/services/{name}/releases", read, "listReleases", this::releases)
                .on("GET", "/api/v1/services/{name}/releases/{id}", read, "getRelease", this::release)
                .on("POST", "/api/v1/services/{name}/releases", change, "startRelease", this::start)
                .on("POST", "/api/v1/services/{name}/rollout", change, "steerRollout", this::steer)
                .on(
                        "POST",
                        "/api/v1/services/{name}/feedback",
                        Access.role(Role.INVOKER),
                        "sendFeedback",
                        this::feedback);
        table.api()
                .maxBody(SpecReader.MAX_BYTES)
                .on(
                        "POST",
                        "/api/v1/plan",
                        change,
                        "planServices",
                        call -> changes(delivery.services().plan(call.caller(), file(call), text(call), prunes(call))))
                .on("POST", "/api/v1/apply", change, "applyServices", this::apply);
    }

    private static Reply schema(Call call) {
        return Reply.of(200, "application/schema+json", Schemas.read(call.param("name")));
    }

    private Reply apply(Call call) {
        int removals = call.intQuery("removals", -1, -1, Integer.MAX_VALUE);
        var pruning = new Services.Pruning(prunes(call), removals < 0 ? OptionalInt.empty() : OptionalInt.of(removals));
        List<Services.Change> changes = delivery.services().apply(call.caller(), file(call), text(call), pruning);
        changes.stream()
                .filter(Services.Change::isService)
                .forEach(change -> delivery.changed(call.caller().tenant(), change.name()));
        return changes(changes);
    }

    private static Reply changes(List<Services.Change> changes) {
        var answer = Json.object();
        var rows = answer.putArray("changes");
        for (Services.Change change : changes) {
            var row = rows.addObject()
                    .put("kind", change.kind())
                    .put("name", change.name())
                    .put("environment", change.environment().isEmpty() ? null : change.environment())
                    .put("action", change.action().label());
            var fields = row.putArray("fields");
            for (SpecTree.Change field : change.fields()) {
                fields.addObject()
                        .put("path", field.path())
                        .put("from", field.from().orElse(null))
                        .put("to", field.to().orElse(null));
            }
        }
        return Reply.json(answer);
    }

    private static boolean prunes(Call call) {
        return switch (call.query("prune").orElse("false")) {
            case "true" -> true;
            case "false" -> false;
            default -> throw CommonError.INVALID.because("Query parameter 'prune' is true or false.");
        };
    }

    private static String file(Call call) {
        return call.query("file")
                .filter(name -> !name.isBlank() && name.length() <= 300)
                .orElse("pilothouse.yaml");
    }

    private static String text(Call call) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(call.body()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw CommonError.invalid(
                    file(call) + " is not UTF-8 text; save it in that encoding.",
                    List.of(new Problem(file(call), "The bytes are not UTF-8 text.")));
        }
    }

    private Reply list(Call call) {
        return items(delivery.list(call.caller().tenant()), Optional.empty());
    }

    private static Reply items(List<? extends JsonNode> items, Optional<String> next) {
        var answer = Json.object();
        answer.putArray("items").addAll(items);
        answer.put("next", next.orElse(null));
        return Reply.json(answer);
    }

    private Reply status(Call call) {
        return Reply.json(delivery.status(call.caller().tenant(), call.param("name")));
    }

    private Reply logs(Call call) {
        int lines = call.intQuery("lines", 100, 1, 10_000);
        var answer = Json.object();
        var items = answer.putArray("items");
        Delivery.Logs logs = delivery.logs(call.caller().tenant(), call.param("name"), lines, call.query("cursor"));
        logs.lines().forEach(items::add);
        return Reply.json(answer.put("next", logs.next()));
    }

    private Reply releases(Call call) {
        int limit = call.intQuery("limit", 50, 1, 500);
        long below = Long.MAX_VALUE;
        Optional<String> cursor = call.query("cursor").filter(text -> !text.isEmpty());
        if (cursor.isPresent()) {
            try {
                below = Long.parseLong(cursor.get());
            } catch (NumberFormatException e) {
                throw CommonError.INVALID.because(
                        "The cursor '" + cursor.get() + "' is none; send the 'next' of the page before.", e);
            }
        }
        List<ObjectNode> page = delivery.history(call.caller().tenant(), call.param("name"), below, limit);
        return items(
                page,
                page.size() < limit
                        ? Optional.empty()
                        : Optional.of(
                                Long.toString(page.getLast().path("number").longValue())));
    }

    private Reply release(Call call) {
        return Reply.json(delivery.release(call.caller().tenant(), call.param("name"), call.param("id")));
    }

    private Reply start(Call call) {
        ObjectNode body = call.json();
        Bodies.known(body, Set.of("model", "note", "supersede"));
        Release release = delivery.releases()
                .start(
                        call.caller(),
                        call.param("name"),
                        Bodies.text(body, "model"),
                        Bodies.text(body, "note").orElse(""),
                        Bodies.flag(body, "supersede"));
        delivery.changed(release.tenant(), release.service());
        return Reply.json(201, delivery.releaseHead(release));
    }

    private Reply steer(Call call) {
        ObjectNode body = call.json();
        Bodies.known(body, Set.of("action", "reason"));
        String action = Bodies.text(body, "action")
                .orElseThrow(() -> CommonError.INVALID.because(
                        "Say which 'action': " + String.join(", ", Releases.ACTIONS) + "."));
        Release release =
                delivery.releases().act(call.caller(), call.param("name"), action, Bodies.text(body, "reason"));
        delivery.changed(release.tenant(), release.service());
        return Reply.json(delivery.releaseHead(release));
    }

    private Reply feedback(Call call) {
        ObjectNode body = call.json();
        Bodies.known(body, Set.of("items"));
        if (!body.path("items").isArray()
                || body.path("items").isEmpty()
                || body.path("items").size() > MAX_FEEDBACK) {
            throw CommonError.INVALID.because("Send 'items', a list of 1 to " + MAX_FEEDBACK
                    + " objects such as {\"requestId\": \"…\", \"label\": \"fraud\"}.");
        }
        var problems = new ArrayList<Problem>();
        JsonNode items = body.path("items");
        for (int i = 0; i < items.size(); i++) {
            JsonNode item = items.get(i);
            if (!item.path("requestId").isString()
                    || !item.path("label").isValueNode()
                    || item.path("label").isNull()) {
                problems.add(new Problem("items[" + i + "]", "It needs a 'requestId' and a 'label'."));
            }
        }
        if (!problems.isEmpty()) {
            throw CommonError.invalid("The feedback has items that cannot be read; none was taken.", problems);
        }
        String name = delivery.mustExist(call.caller().tenant(), call.param("name"));
        var labels = new ArrayList<PassedLabels.Label>(items.size());
        for (JsonNode item : items) {
            labels.add(new PassedLabels.Label(
                    call.caller().tenant(),
                    name,
                    item.path("requestId").stringValue(),
                    item.path("output").isString() ? item.path("output").stringValue() : "",
                    item.path("label").asString()));
        }
        Delivery.Feedback taken = delivery.feedback(labels);
        return Reply.json(Json.object()
                .put("accepted", taken.accepted())
                .put("passed", taken.passed())
                .put("unknown", taken.unknown()));
    }

    private Reply watch(Call call) {
        String tenant = call.caller().tenant();
        // An unknown service is refused before the stream begins.
        String name = delivery.mustExist(tenant, call.param("name"));
        return Reply.events(sink -> stream(sink, tenant, name));
    }

    private void stream(EventSink sink, String tenant, String name) throws Exception {
        var due = new Semaphore(1);
        String last = "";
        try (var _ = delivery.watchers().watch(tenant, name, () -> {
            if (due.availablePermits() == 0) {
                due.release();
            }
        })) {
            sink.onClose(due::release);
            while (sink.isOpen()) {
                // Another replica may have moved it, so it is looked at now and then without being told.
                boolean _ = due.tryAcquire(1, TimeUnit.SECONDS);
                due.drainPermits();
                String status = Json.write(delivery.status(tenant, name));
                if (!status.equals(last)) {
                    sink.send("status", status);
                    last = status;
                }
                boolean _ = sink.pause(BETWEEN_EVENTS);
            }
        }
    }
}
