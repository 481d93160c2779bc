package dev.pilothouse.ship.spec;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.json.CanonicalJson;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.ship.gates.GateSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A spec as the tree its file would be with every default written out. JSON is YAML, so what is stored is read back by
 * {@link SpecReader} itself. Stateless.
 */
public final class SpecTree {
    private SpecTree() {}

    /** One field whose value differs; either side is empty where the field is not there. */
    public record Change(String path, Optional<String> from, Optional<String> to) {}

    /** The tree, in the order of the reference. */
    public static ObjectNode of(ServiceSpec spec) {
        var tree = Json.object().put("apiVersion", SpecReader.API_VERSION).put("kind", "Service");
        tree.putObject("metadata").put("name", spec.name());
        switch (spec.workload()) {
            case ServiceSpec.Workload.Model model -> {
                var node = tree.putObject("model").put("ref", model.reference()).put("alias", model.alias());
                model.file().ifPresent(file -> node.put("file", file));
            }
            case ServiceSpec.Workload.Container container -> {
                var node = tree.putObject("container");
                var command = node.putArray("command");
                container.command().forEach(command::add);
                node.put("model", container.model());
                container
                        .files()
                        .ifPresent(files -> node.putObject("files")
                                .put("ref", files.reference())
                                .put("alias", files.alias()));
                node.put("replicas", container.replicas())
                        .put("ready-path", container.readyPath())
                        .put("directory", container.directory())
                        .put("start-within", Fields.text(container.startWithin()));
                var environment = node.putObject("env");
                container.environment().entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .forEach(e -> environment.put(e.getKey(), e.getValue()));
                if (!container.secrets().isEmpty()) {
                    var secrets = node.putObject("secrets");
                    container.secrets().entrySet().stream()
                            .sorted(Map.Entry.comparingByKey())
                            .forEach(e -> secrets.put(e.getKey(), e.getValue()));
                }
            }
        }
        spec.dataset().ifPresent(dataset -> tree.putObject("data").put("dataset", dataset));
        var gates = tree.putArray("gates");
        spec.gates().forEach(gate -> gate(gates.addObject(), gate));
        rollout(tree.putObject("rollout"), spec.rollout());
        tree.putObject("serving")
                .put("max-concurrency", spec.serving().maxConcurrency())
                .put("log-sample-rate", Fields.plain(spec.serving().logSampleRate()));
        if (!spec.told().isEmpty()) {
            var notify = tree.putArray("notify");
            spec.told().forEach(one -> notify(notify.addObject(), one));
        }
        return tree;
    }

    /** Canonical text (RFC 8785), which {@link #read} reads back. */
    public static String text(ServiceSpec spec) {
        return CanonicalJson.text(of(spec));
    }

    /** Digest of {@link #text(ServiceSpec)}. */
    public static Digest digest(ServiceSpec spec) {
        return Digest.of(text(spec));
    }

    /** Reads what {@link #text(ServiceSpec)} wrote. */
    public static ServiceSpec read(String text) {
        return SpecReader.read("stored", text).getFirst().spec();
    }

    /** Digest of the program that a container runs, apart from how much of it runs and with which variables. */
    public static Digest digest(ServiceSpec.Workload.Container container) {
        var program = Json.object()
                .put("model", container.model())
                .put("ready-path", container.readyPath())
                .put("directory", container.directory());
        var command = program.putArray("command");
        container.command().forEach(command::add);
        return Digest.of(CanonicalJson.text(program));
    }

    /** A duration as service files write it, such as {@code 250ms} or {@code 5m}. */
    public static String text(Duration duration) {
        return Fields.text(duration);
    }

    /** What differs, field by field, in the new spec's order and then what is gone. */
    public static List<Change> changes(Optional<ServiceSpec> from, ServiceSpec to) {
        return changes(from.map(SpecTree::of), of(to));
    }

    /** What differs between two trees, as {@link #changes(Optional, ServiceSpec)} has it. */
    public static List<Change> changes(Optional<ObjectNode> from, ObjectNode to) {
        Map<String, String> before = from.map(SpecTree::leaves).orElseGet(Map::of);
        Map<String, String> after = leaves(to);
        var changes = new ArrayList<Change>();
        after.forEach((path, value) -> {
            Optional<String> old = Optional.ofNullable(before.get(path));
            if (!old.equals(Optional.of(value))) {
                changes.add(new Change(path, old, Optional.of(value)));
            }
        });
        before.forEach((path, value) -> {
            if (!after.containsKey(path)) {
                changes.add(new Change(path, Optional.of(value), Optional.empty()));
            }
        });
        return changes;
    }

    private static void gate(ObjectNode node, GateSpec gate) {
        switch (gate) {
            case GateSpec.Data data -> node.putObject("data").put("dataset", data.dataset());
            case GateSpec.Evaluation e -> {
                var body = node.putObject("evaluation")
                        .put("dataset", e.dataset())
                        .put("target", e.target())
                        .put("metric", e.metric().label());
                e.output().ifPresent(v -> body.put("output", v));
                e.score().ifPresent(v -> body.put("score", v));
                e.positive().ifPresent(v -> body.put("positive", v));
                put(body, "min", e.min());
                put(body, "max", e.max());
                put(body, "no-worse-than-production", e.noWorseThanProduction());
                body.put("rows", e.rows()).put("min-rows", e.minRows()).put("unsure", e.passUnsure() ? "pass" : "stop");
            }
            case GateSpec.Human human ->
                node.putObject("approval")
                        .put("role", human.role().label())
                        .put("reason", human.reason())
                        .put("lapses-after", Fields.text(human.lapsesAfter()));
        }
    }

    static void rollout(ObjectNode node, ServiceSpec.Rollout rollout) {
        if (rollout.shadowRequests() > 0) {
            node.putObject("shadow").put("requests", rollout.shadowRequests());
        }
        var steps = node.putArray("steps");
        rollout.steps().forEach(steps::add);
        node.put("min-requests", rollout.minRequests())
                .put("max-wait", Fields.text(rollout.maxWait()))
                .put("alpha", Fields.plain(rollout.alpha()))
                .put("beta", Fields.plain(rollout.beta()))
                .put(
                        "slow-after",
                        rollout.slowAfter().equals(ServiceSpec.Rollout.AUTO)
                                ? "auto"
                                : Fields.text(rollout.slowAfter()));
        bounds(node.putObject("errors"), rollout.errors());
        bounds(node.putObject("slow"), rollout.slow());
        bounds(node.putObject("accuracy"), rollout.accuracy());
        node.put(
                "wrong-beyond",
                rollout.wrongBeyond().isPresent()
                        ? Fields.plain(rollout.wrongBeyond().getAsDouble())
                        : "auto");
        node.put("labels", rollout.labelsRequired() ? "required" : "optional")
                .put("signature", rollout.signatureMayChange() ? "may-change" : "same")
                .put("keep-previous", Fields.text(rollout.keepPrevious()));
    }

    private static void notify(ObjectNode node, Notify notify) {
        switch (notify.target()) {
            case Notify.Target.Webhook webhook -> node.put("webhook", webhook.url());
            case Notify.Target.Slack slack -> node.put("slack", slack.url());
            case Notify.Target.SlackSecret slack -> node.putObject("slack").put("secret", slack.secret());
            case Notify.Target.Email email -> {
                var to = node.putArray("email");
                email.to().forEach(to::add);
            }
        }
        var on = node.putArray("on");
        Notify.EVENTS.stream().filter(notify.on()::contains).forEach(on::add);
    }

    static void bounds(ObjectNode node, ServiceSpec.Bounds bounds) {
        node.put("tolerance", Fields.plain(bounds.tolerance())).put("margin", Fields.plain(bounds.margin()));
    }

    private static void put(ObjectNode node, String key, OptionalDouble value) {
        value.ifPresent(v -> node.put(key, Fields.plain(v)));
    }

    private static Map<String, String> leaves(JsonNode tree) {
        var leaves = new LinkedHashMap<String, String>();
        collect("", tree, leaves);
        return leaves;
    }

    private static void collect(String path, JsonNode node, Map<String, String> leaves) {
        if (node.isObject()) {
            node.properties()
                    .forEach(e -> collect(path.isEmpty() ? e.getKey() : path + "." + e.getKey(), e.getValue(), leaves));
        } else if (node.isArray() && !node.isEmpty() && node.get(0).isObject()) {
            for (int i = 0; i < node.size(); i++) {
                collect(path + "[" + i + "]", node.get(i), leaves);
            }
        } else {
            leaves.put(path, node.isString() ? node.stringValue() : node.toString());
        }
    }
}
