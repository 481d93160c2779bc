package dev.pilothouse.ship.spec;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads what answers requests: {@code model} or {@code container}. */
final class WorkloadReader {
    private static final Pattern READY_PATH = Pattern.compile("/[!-~]{0,500}");
    private static final Pattern ALIAS = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,127}");
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");
    private static final int MOST_SECRETS = 64;

    private WorkloadReader() {}

    /** @param usualAlias alias that follows what is in production, where the file names no other */
    static ServiceSpec.Workload read(Fields top, String usualAlias) {
        if (top.has("model") == top.has("container")) {
            top.problemHere(
                    top.has("model")
                            ? "A service has either 'model' or 'container', not both."
                            : "A service needs 'model' (a registered ONNX model) or 'container' (a command that serves).");
        }
        if (top.has("container")) {
            Fields container = top.mapping("container");
            List<String> command = container
                    .list(
                            "command",
                            (node, path) -> node instanceof Yaml.Node.Scalar scalar
                                    ? Optional.of(scalar.text())
                                    : Optional.empty())
                    .orElse(List.of());
            if (command.isEmpty()) {
                container.problem(
                        "command",
                        "This must be a list of program and arguments, such as"
                                + " [python3, serve.py, --port, \"{port}\"].");
            }
            String model = container.required("model", "fraud");
            boolean given = container.has("files");
            Fields files = container.mapping("files");
            Optional<ServiceSpec.Workload.Files> declared = given
                    ? Optional.of(new ServiceSpec.Workload.Files(reference(files, true), alias(files, usualAlias)))
                    : Optional.empty();
            files.done();
            Map<String, String> environment = container.texts("env");
            Map<String, String> secrets = secrets(container, environment);
            if (!given
                    && Stream.concat(command.stream(), environment.values().stream())
                            .anyMatch(text -> text.contains("{model-dir}"))) {
                container.problemHere(
                        "Something here names {model-dir}, the folder with a registered model's files, but"
                                + " no 'files' say which, such as 'files: {name: fraud}'.");
            }
            var read = new ServiceSpec.Workload.Container(
                    command,
                    model,
                    declared,
                    container.integer("replicas", 1, 1, 64),
                    container.matching("ready-path", "/v2/health/ready", READY_PATH, "use a path that starts with /"),
                    environment,
                    secrets,
                    container.text("directory").orElse("."),
                    container.duration(
                            "start-within", Duration.ofMinutes(1), Duration.ofSeconds(1), Duration.ofHours(1)));
            container.done();
            return read;
        }
        Fields model = top.mapping("model");
        var read = new ServiceSpec.Workload.Model(
                reference(model, top.has("model")), alias(model, usualAlias), model.text("file"));
        model.done();
        return read;
    }

    /** What a release takes of the registry, unless told otherwise. */
    private static String reference(Fields model, boolean needed) {
        Optional<String> reference = model.text("ref");
        Optional<String> name = model.text("name");
        if (needed && reference.isPresent() == name.isPresent()) {
            model.problemHere(
                    "Give either 'name' (a release takes the newest version) or 'ref' (such as fraud@candidate).");
        }
        return reference.or(() -> name).orElse("");
    }

    private static String alias(Fields model, String usual) {
        return model.matching("alias", usual, ALIAS, "use a letter, then letters, digits, _ and -");
    }

    /** Variables whose values are stored secrets, each named and none written out. */
    private static Map<String, String> secrets(Fields container, Map<String, String> environment) {
        Map<String, String> secrets = container.texts("secrets");
        Fields below = container.mapping("secrets");
        secrets.forEach((variable, name) -> {
            if (!VARIABLE.matcher(variable).matches()) {
                below.problem(variable, "'" + variable + "' cannot be a variable's name; use letters, digits and _.");
            }
            if (!SpecReader.NAME.matcher(name).matches()) {
                // The text may be the secret itself, so it is not shown.
                below.problem(
                        variable,
                        "This must be the name of a stored secret, not its value; " + SpecReader.NAME_RULE
                                + ", and store the value with 'pilot secrets set'.");
            }
            if (environment.containsKey(variable)) {
                below.problem(
                        variable, "The variable '" + variable + "' also stands under 'env'; keep one of the two.");
            }
        });
        if (secrets.size() > MOST_SECRETS) {
            container.problem("secrets", "More than " + MOST_SECRETS + " secrets; use fewer.");
        }
        return secrets;
    }
}
