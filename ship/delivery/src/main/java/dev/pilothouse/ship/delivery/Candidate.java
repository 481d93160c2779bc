package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.serving.ModelSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a release releases, pinned by digest.
 *
 * @param label version label that answers carry: the model's version, or the release's number for a container
 * @param title what people call it, such as {@code card-fraud/3}
 * @param digest digest of its content
 * @param model registered model's name; empty for a container
 * @param version registered model's version; 0 for a container
 * @param onnx its graph; empty for a container, whose address is known once it runs
 */
record Candidate(
        String label, String title, Digest digest, String model, int version, Optional<ModelSource.Onnx> onnx) {

    ObjectNode tree() {
        var tree = Json.object()
                .put("label", label)
                .put("title", title)
                .put("digest", digest.toString())
                .put("model", model)
                .put("version", version);
        onnx.ifPresent(source -> {
            tree.put("graph", source.graph().toString());
            var files = tree.putObject("externalData");
            source.externalData().forEach((name, blob) -> files.put(name, blob.toString()));
        });
        return tree;
    }

    static Candidate read(String text) {
        var tree = Json.parse(text);
        Optional<ModelSource.Onnx> onnx = Optional.empty();
        if (tree.has("graph")) {
            Map<String, Digest> files = new HashMap<>();
            tree.path("externalData")
                    .properties()
                    .forEach(
                            e -> files.put(e.getKey(), Digest.parse(e.getValue().stringValue())));
            onnx = Optional.of(
                    new ModelSource.Onnx(Digest.parse(tree.path("graph").stringValue()), files));
        }
        return new Candidate(
                tree.path("label").stringValue(),
                tree.path("title").stringValue(),
                Digest.parse(tree.path("digest").stringValue()),
                tree.path("model").stringValue(),
                tree.path("version").intValue(),
                onnx);
    }
}
