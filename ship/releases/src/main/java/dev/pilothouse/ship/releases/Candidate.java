package dev.pilothouse.ship.releases;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.serving.ModelSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a release releases, pinned by digest.
 *
 * @param label version label that answers carry: the model's version, or the release's number for a container
 * @param title what people call it, such as {@code card-fraud/3}
 * @param digest digest of its content, the same in every environment
 * @param model registered model's name; empty for a container without one
 * @param version registered model's version; 0 for a container without one
 * @param onnx its graph; empty for a container, whose address is known once it runs
 * @param files files that a container is given, by path
 */
public record Candidate(
        String label,
        String title,
        Digest digest,
        String model,
        int version,
        Optional<ModelSource.Onnx> onnx,
        Map<String, Digest> files) {
    public Candidate {
        files = Map.copyOf(files);
    }

    /** The same content under the digest by which it is known already. */
    public Candidate with(Digest known) {
        return new Candidate(label, title, known, model, version, onnx, files);
    }

    /** Blobs it is made of. */
    public Stream<Digest> blobs() {
        return Stream.concat(
                onnx.stream()
                        .flatMap(model ->
                                Stream.concat(Stream.of(model.graph()), model.externalData().values().stream())),
                files.values().stream());
    }

    public ObjectNode tree() {
        var tree = Json.object()
                .put("label", label)
                .put("title", title)
                .put("digest", digest.toString())
                .put("model", model)
                .put("version", version);
        onnx.ifPresent(source -> {
            tree.put("graph", source.graph().toString());
            put(tree.putObject("externalData"), source.externalData());
        });
        put(tree.putObject("files"), files);
        return tree;
    }

    private static void put(ObjectNode tree, Map<String, Digest> files) {
        files.forEach((name, blob) -> tree.put(name, blob.toString()));
    }

    private static Map<String, Digest> files(JsonNode tree) {
        Map<String, Digest> files = new HashMap<>();
        tree.properties()
                .forEach(e -> files.put(e.getKey(), Digest.parse(e.getValue().stringValue())));
        return files;
    }

    public static Candidate read(String text) {
        var tree = Json.parse(text);
        Optional<ModelSource.Onnx> onnx = Optional.empty();
        if (tree.has("graph")) {
            onnx = Optional.of(new ModelSource.Onnx(
                    Digest.parse(tree.path("graph").stringValue()), files(tree.path("externalData"))));
        }
        return new Candidate(
                tree.path("label").stringValue(),
                tree.path("title").stringValue(),
                Digest.parse(tree.path("digest").stringValue()),
                tree.path("model").stringValue(),
                tree.path("version").intValue(),
                onnx,
                files(tree.path("files")));
    }
}
