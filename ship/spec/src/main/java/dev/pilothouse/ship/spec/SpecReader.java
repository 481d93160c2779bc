package dev.pilothouse.ship.spec;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.ship.gates.GateSpec;
import dev.pilothouse.ship.gates.Metric;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
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
     * Reads all services of a text, once for each environment.
     *
     * @param file name to use in places
     * @throws dev.pilothouse.kernel.PilothouseException INVALID with all problems of the text, each with its place
     */
    public static List<Declaration> read(String file, String text) {
        var reader = new SpecReader();
        List<Yaml.Node> documents = Yaml.parse(file, text, reader.problems);
        var declarations = new ArrayList<Declaration>();
        Set<String> names = new HashSet<>();
        for (Yaml.Node document : documents) {
            if (document instanceof Yaml.Node.Scalar scalar && scalar.kind() == Yaml.Kind.NULL) {
                continue;
            }
            List<Declaration> read = Environments.of(document, reader.problems).stream()
                    .map(reader::service)
                    .toList();
            String name = read.getFirst().spec().name();
            if (!name.isEmpty() && !names.add(name)) {
                reader.problems.add(document.at()
                        .problem("metadata.name", "The service '" + name + "' stands in this file twice."));
            }
            declarations.addAll(read);
        }
        if (declarations.isEmpty() && reader.problems.isEmpty()) {
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
        return declarations;
    }

    /** The JSON Schema of service files, as published. */
    public static byte[] schema() {
        try (InputStream in = SpecReader.class.getResourceAsStream("service.json")) {
            if (in == null) {
                throw new IllegalStateException("service.json is missing from this build");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Declaration service(Environments.View view) {
        Fields top = Fields.of(view.document(), "", problems);
        String version = top.required("apiVersion", API_VERSION);
        if (!version.isEmpty() && !version.equals(API_VERSION)) {
            top.problem("apiVersion", "'" + version + "' is not known; use '" + API_VERSION + "'.");
        }
        String kind = top.required("kind", "Service");
        if (!kind.isEmpty() && !kind.equals("Service")) {
            top.problem("kind", "There is no kind '" + kind + "'; the one kind is 'Service'.");
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
        ServiceSpec.Rollout rollout = rollout(top.mapping("rollout"));
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

    private ServiceSpec.Rollout rollout(Fields rollout) {
        Fields shadow = rollout.mapping("shadow");
        int shadowRequests = shadow.integer("requests", 0, 1, 100_000_000);
        shadow.done();
        List<Integer> steps = steps(rollout);
        var read = new ServiceSpec.Rollout(
                shadowRequests,
                steps,
                rollout.integer("min-requests", 200, 1, 100_000_000),
                rollout.duration("max-wait", Duration.ofHours(1), Duration.ofSeconds(1), Duration.ofDays(365)),
                rollout.share("alpha", 0.03, 1e-9, 0.5),
                rollout.share("beta", 0.05, 1e-9, 0.5),
                rollout.text("slow-after").filter("auto"::equals).isPresent()
                        ? ServiceSpec.Rollout.AUTO
                        : rollout.duration(
                                "slow-after", ServiceSpec.Rollout.AUTO, Duration.ofNanos(1_000), Duration.ofHours(1)),
                bounds(rollout.mapping("errors"), 0.002, 0.01),
                bounds(rollout.mapping("slow"), 0.01, 0.02),
                bounds(rollout.mapping("accuracy"), 0.01, 0.02),
                wrongBeyond(rollout),
                rollout.oneOf("labels", "optional", List.of("optional", "required"))
                        .equals("required"),
                rollout.oneOf("signature", "same", List.of("same", "may-change"))
                        .equals("may-change"),
                rollout.duration("keep-previous", Duration.ofMinutes(10), Duration.ZERO, Duration.ofDays(30)));
        rollout.done();
        return read;
    }

    private static OptionalDouble wrongBeyond(Fields rollout) {
        if (rollout.text("wrong-beyond").filter("auto"::equals).isPresent()) {
            return OptionalDouble.empty();
        }
        OptionalDouble limit = rollout.number("wrong-beyond");
        if (limit.orElse(0) < 0) {
            rollout.problem("wrong-beyond", "This is a distance, so it cannot be negative.");
        }
        return limit;
    }

    private static ServiceSpec.Bounds bounds(Fields fields, double tolerance, double margin) {
        double tolerated = fields.share("tolerance", tolerance, 0, 0.9);
        double ruledOut = fields.share("margin", Math.max(margin, tolerated), 1e-6, 0.9);
        if (ruledOut < tolerated) {
            fields.problem(
                    "margin",
                    "The margin " + Fields.plain(ruledOut) + " is below the tolerance " + Fields.plain(tolerated)
                            + "; what is tolerated could then never pass.");
            ruledOut = tolerated;
        }
        fields.done();
        return new ServiceSpec.Bounds(tolerated, ruledOut);
    }

    private List<Integer> steps(Fields rollout) {
        List<Integer> standard = List.of(5, 10, 25, 50, 100);
        List<Integer> steps = rollout.list("steps", this::step).orElse(standard);
        for (int i = 1; i < steps.size(); i++) {
            if (steps.get(i) <= steps.get(i - 1)) {
                rollout.problem(
                        "steps", "Steps must rise, but " + steps.get(i) + " % follows " + steps.get(i - 1) + " %.");
            }
        }
        if (steps.size() > 20) {
            rollout.problem("steps", "More than 20 steps; use fewer.");
        }
        if (steps.isEmpty() || steps.getLast() != 100) {
            rollout.problem("steps", "The last step must be 100, all traffic.");
        }
        return steps;
    }

    private Optional<Integer> step(Yaml.Node node, String path) {
        String text = node instanceof Yaml.Node.Scalar scalar
                ? scalar.text().replace("%", "").strip()
                : "";
        try {
            int percent = Integer.parseInt(text);
            if (percent > 100) {
                problems.add(node.at().problem(path, percent + " % is more than all traffic; use at most 100"));
                return Optional.of(100);
            }
            if (percent >= 1) {
                return Optional.of(percent);
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        problems.add(node.at().problem(path, "A step is a whole percentage of the traffic from 1 to 100."));
        return Optional.of(100);
    }
}
