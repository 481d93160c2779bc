package dev.pilothouse.run.serving;

import dev.pilothouse.kernel.Digest;
import java.net.URI;
import java.util.Map;

/** Where a variant's model is. */
public sealed interface ModelSource {
    /**
     * An ONNX model run in process.
     *
     * @param graph the {@code .onnx} file
     * @param externalData files of external weights by the name the graph refers to them
     */
    record Onnx(Digest graph, Map<String, Digest> externalData) implements ModelSource {
        public Onnx {
            externalData = Map.copyOf(externalData);
        }
    }

    /**
     * A server of the Open Inference Protocol v2 over REST.
     *
     * @param base its address, such as {@code http://127.0.0.1:9001}; a user and password in it are sent as HTTP Basic
     * @param model the model's name there
     */
    record Remote(URI base, String model) implements ModelSource {}
}
