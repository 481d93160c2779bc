package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.know.registry.ModelVersion;
import dev.pilothouse.run.serving.ModelSource;
import dev.pilothouse.ship.releases.Candidate;
import dev.pilothouse.ship.spec.ServiceSpec;
import dev.pilothouse.ship.spec.SpecTree;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Pins what a release releases. Stateless. */
final class Candidates {
    /** Files that MLflow puts beside a graph and that no graph refers to. */
    private static final Set<String> BESIDE = Set.of(
            "MLmodel",
            "conda.yaml",
            "python_env.yaml",
            "requirements.txt",
            "registered_model_meta",
            "input_example.json",
            "serving_input_example.json");

    private Candidates() {}

    /** A version of a registered model. */
    static Candidate of(ServiceSpec.Workload.Model workload, ModelVersion version) {
        List<String> graphs = version.files().keySet().stream()
                .filter(path -> path.endsWith(".onnx"))
                .sorted()
                .toList();
        String title = version.name() + "/" + version.version();
        String graph = workload.file().orElseGet(() -> {
            if (graphs.size() == 1) {
                return graphs.getFirst();
            }
            throw CommonError.UNPROCESSABLE.because(
                    graphs.isEmpty()
                            ? title
                                    + " holds no .onnx file. Log the model as ONNX, or serve it by a 'container:' command."
                            : title + " holds several .onnx files (" + String.join(", ", graphs)
                                    + "); name one as 'model.file' in the service's file.");
        });
        Digest blob = version.files().get(graph);
        if (blob == null) {
            throw CommonError.UNPROCESSABLE.because(title + " has no file '" + graph + "', which the service names as"
                    + " 'model.file'. Its .onnx files are: " + String.join(", ", graphs) + ".");
        }
        // A graph names its external weights relative to its own folder.
        String folder = graph.substring(0, graph.lastIndexOf('/') + 1);
        Map<String, Digest> external = new HashMap<>();
        version.files().forEach((path, digest) -> {
            String name = path.startsWith(folder) ? path.substring(folder.length()) : "";
            if (!name.isEmpty()
                    && !path.equals(graph)
                    && !BESIDE.contains(name)
                    && !name.endsWith(".onnx")
                    && !name.startsWith("metadata/")) {
                external.put(name, digest);
            }
        });
        return new Candidate(
                Integer.toString(version.version()),
                title,
                version.digest(),
                version.name(),
                version.version(),
                Optional.of(new ModelSource.Onnx(blob, external)),
                Map.of());
    }

    /**
     * The command of a container as it is declared now, as the service's release of this number. Its digest is that of the
     * program and its files, apart from what an environment may change.
     *
     * @param service name of the service, such as {@code fraud@staging}
     * @param given the version whose files it gets, where it gets any
     */
    static Candidate of(String service, ServiceSpec spec, long number, Optional<Given> given) {
        if (!(spec.workload() instanceof ServiceSpec.Workload.Container container)) {
            throw new IllegalArgumentException("The service '" + service + "' runs no command");
        }
        String label = Long.toString(number);
        String title = service + "#" + number;
        Digest program = SpecTree.digest(container);
        return given.map(files -> new Candidate(
                        label,
                        title + " with " + files.model() + "/" + files.version(),
                        Digest.of(program + "\n" + new TreeMap<>(files.files())),
                        files.model(),
                        files.version(),
                        Optional.empty(),
                        files.files()))
                .orElseGet(() -> new Candidate(label, title, program, "", 0, Optional.empty(), Map.of()));
    }

    /**
     * A version of a registered model whose files a command is given.
     *
     * @param files content by path
     */
    record Given(String model, int version, Map<String, Digest> files) {
        static Given of(ModelVersion version) {
            return new Given(version.name(), version.version(), version.files());
        }
    }
}
