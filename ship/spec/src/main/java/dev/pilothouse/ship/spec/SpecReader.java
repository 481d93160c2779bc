package dev.pilothouse.ship.spec;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.ship.gates.GateSpec;
import dev.pilothouse.ship.gates.Metric;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads service files; the defaults of every key stand here. Thread-safe. */
public final class SpecReader {
    /** Largest service file, in bytes. */
    public static final int MAX_BYTES = Yaml.MAX_BYTES;

    static final String API_VERSION = "pilothouse.dev/v1";
    static final Pattern NAME = Pattern.compile("[a-z]([a-z0-9-]{0,61}[a-z0-9])?");
    static final String NAME_RULE = "use a lower-case letter, then letters, digits and dashes, at most 63";
    private static final List<String> GATE_KINDS = List.of("data", "evaluation", "approval");

    /** What is wrong, each thing once: environments read the same lines again. */
    private final List<Problem> problems = new ArrayList<>();

    private SpecReader() {}

    /**
     * Reads all services of a text, once for each environment, and refuses one with other kinds.
     *
     * @param file name to use in places
     * @throws dev.pilothouse.kernel.PilothouseException INVALID with all problems of the text, each with its place
     */
    public static List<Declaration> read(String file, String text) {
        ServiceFile read = file(file, text);
        if (!read.resources().isEmpty()) {
            Resource first = read.resources().getFirst();
            throw CommonError.INVALID.because(first.place() + " declares a " + first.kind() + " and no service.");
        }
        return read.services();
    }

    /**
     * Reads all that a text declares.
     *
     * @param file name to use in places
     * @throws dev.pilothouse.kernel.PilothouseException INVALID with all problems of the text, each with its place
     */
    public static ServiceFile file(String file, String text) {
        var reader = new SpecReader();
        List<Yaml.Node> documents = Yaml.parse(file, text, reader.problems);
        var declarations = new ArrayList<Declaration>();
        var resources = new ArrayList<Resource>();
        Set<String> names = new HashSet<>();
        boolean empty = true;
        for (Yaml.Node document : documents) {
            if (document instanceof Yaml.Node.Scalar scalar && scalar.kind() == Yaml.Kind.NULL) {
                continue;
            }
            empty = false;
            String kind = kind(document);
            if (Resource.KINDS.contains(kind)) {
                ResourceReader.read(kind, document, reader.problems).ifPresent(resource -> {
                    reader.once(names, document, kind, resource.name());
                    resources.add(resource);
                });
            } else {
                List<Declaration> read = Environments.of(document, reader.problems).stream()
                        .map(reader::service)
                        .toList();
                reader.once(names, document, "service", read.getFirst().spec().name());
                declarations.addAll(read);
            }
        }
        if (empty && reader.problems.isEmpty()) {
            reader.problems.add(new Yaml.Place(file, 1, 1)
                    .problem(
                            "",
                            "The file is empty; start it with 'apiVersion: " + API_VERSION + "' and 'kind: Service'."));
        }
        List<Problem> problems = reader.problems.stream().distinct().toList();
        if (!problems.isEmpty()) {
            int count = problems.size();
            throw CommonError.invalid(
                    file + " has " + (count == 1 ? "a problem" : count + " problems") + "; nothing was changed.",
                    problems);
        }
        resources.sort(Comparator.comparingInt(resource -> Resource.KINDS.indexOf(resource.kind())));
        return new ServiceFile(declarations, resources);
    }

    private void once(Set<String> names, Yaml.Node document, String kind, String name) {
        if (!name.isEmpty() && !names.add(kind + "/" + name)) {
            problems.add(document.at()
                    .problem("metadata.name", "The " + kind + " '" + name + "' stands in this file twice."));
        }
    }

    private static String kind(Yaml.Node document) {
        Yaml.Member kind = document instanceof Yaml.Node.Mapping mapping
                ? mapping.members().get("kind")
                : null;
        return kind != null && kind.value() instanceof Yaml.Node.Scalar scalar ? scalar.text() : "";
    }

    private Declaration service(Environments.View view) {
        Fields top = Fields.of(view.document(), "", problems);
        version(top);
        String kind = top.required("kind", "Service");
        if (!kind.isEmpty() && !kind.equals("Service")) {
            top.problem(
                    "kind",
                    "There is no kind '" + kind + "'."
                            + Nearest.hint(kind, List.of("Service", "Provider", "Route", "Budget")));
        }
        Fields metadata = top.mapping("metadata");
        metadata.required("name", "fraud");
        String name = metadata.matching("name", "", NAME, NAME_RULE);
        metadata.done();
        ServiceSpec.Workload workload = WorkloadReader.read(
                top,
                view.environment()
                        .filter(in -> !in.last())
                        .map(Environment::name)
                        .orElse("production"));
        Optional<String> dataset = dataset(top.mapping("data"));
        var gates = new ArrayList<>(top.list("gates", this::gate).orElse(List.of()));
        view.gates().ifPresent(own -> gates.addAll(gates(own, view.gatesPath())));
        ServiceSpec.Rollout rollout = RolloutReader.service(top.mapping("rollout"), problems);
        Fields serving = top.mapping("serving");
        var limits = new ServiceSpec.Serving(
                serving.integer("max-concurrency", 256, 1, 100_000), serving.share("log-sample-rate", 0.01, 0, 1));
        serving.done();
        List<Notify> notify = NotifyReader.read(top);
        top.has("environments");
        top.done();
        return new Declaration(
                new ServiceSpec(name, workload, dataset, gates, rollout, limits, notify), view.environment());
    }

    static void version(Fields top) {
        String version = top.required("apiVersion", API_VERSION);
        if (!version.isEmpty() && !version.equals(API_VERSION)) {
            top.problem("apiVersion", "'" + version + "' is not known; use '" + API_VERSION + "'.");
        }
    }

    private static Optional<String> dataset(Fields data) {
        Optional<String> dataset = data.text("dataset");
        boolean enforced = data.oneOf("expectations", "enforce", List.of("enforce", "ignore"))
                .equals("enforce");
        if (data.has("expectations") && dataset.isEmpty()) {
            data.problem("expectations", "This needs a 'dataset' beside it.");
        }
        data.done();
        return enforced ? dataset : Optional.empty();
    }

    /** The gates that one environment adds. */
    private List<GateSpec> gates(Yaml.Node node, String path) {
        if (!(node instanceof Yaml.Node.Sequence sequence)) {
            problems.add(node.at().problem(path, "This must be a list."));
            return List.of();
        }
        var gates = new ArrayList<GateSpec>();
        for (int i = 0; i < sequence.items().size(); i++) {
            gate(sequence.items().get(i), path + "[" + i + "]").ifPresent(gates::add);
        }
        return gates;
    }

    private Optional<GateSpec> gate(Yaml.Node node, String path) {
        Fields fields = Fields.of(node, path, problems);
        List<String> kinds = GATE_KINDS.stream().filter(fields::has).toList();
        fields.done();
        if (kinds.size() != 1) {
            if (fields.keys().isEmpty() || kinds.size() > 1) {
                fields.problemHere("A gate has one of the keys " + String.join(", ", GATE_KINDS) + ".");
            }
            return Optional.empty();
        }
        Fields body = fields.mapping(kinds.getFirst());
        GateSpec gate =
                switch (kinds.getFirst()) {
                    case "data" -> new GateSpec.Data(body.required("dataset", "payments"));
                    case "evaluation" -> evaluation(body);
                    default ->
                        new GateSpec.Human(
                                body.parsed("role", Role.APPROVER, Role::parse),
                                body.text("reason").orElse("A release asks for approval."),
                                body.duration(
                                        "lapses-after",
                                        Duration.ofDays(7),
                                        Duration.ofSeconds(1),
                                        Duration.ofDays(365)));
                };
        body.done();
        return Optional.of(gate);
    }

    private static GateSpec evaluation(Fields body) {
        int rows = body.integer("rows", GateSpec.Evaluation.DEFAULT_ROWS, 1, 1_000_000);
        var gate = new GateSpec.Evaluation(
                body.required("dataset", "payments-eval"),
                body.required("target", "label"),
                body.parsed("metric", Metric.ACCURACY, Metric::parse),
                body.text("output"),
                body.text("score"),
                body.text("positive"),
                body.number("min"),
                body.number("max"),
                body.number("no-worse-than-production"),
                rows,
                body.integer("min-rows", Math.min(rows, GateSpec.Evaluation.DEFAULT_MIN_ROWS), 1, 1_000_000),
                body.oneOf("unsure", "stop", List.of("stop", "pass")).equals("pass"));
        if (gate.min().isEmpty()
                && gate.max().isEmpty()
                && gate.noWorseThanProduction().isEmpty()) {
            body.problemHere("An evaluation needs a bound: 'min', 'max' or 'no-worse-than-production'.");
        }
        if (gate.noWorseThanProduction().orElse(0) < 0) {
            body.problem("no-worse-than-production", "This is an amount, so it cannot be negative.");
        }
        if (gate.minRows() > rows) {
            body.problem(
                    "min-rows",
                    "At least " + gate.minRows() + " rows are to be judged, but at most " + rows
                            + " are evaluated; the gate could never decide.");
        }
        return gate;
    }
}
