package dev.pilothouse.run.serving;

import dev.pilothouse.kernel.Digest;
import java.net.URI;
import java.util.List;
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
     * One or several equal servers of the Open Inference Protocol v2 over REST. A request goes to the one with the fewest in
     * flight, and to another where that one cannot be reached.
     *
     * @param bases their addresses, such as {@code http://127.0.0.1:9001}; a user and password in one are sent as HTTP Basic
     * @param model the model's name there
     */
    record Remote(List<URI> bases, String model) implements ModelSource {
        public Remote {
            bases = List.copyOf(bases);
            if (bases.isEmpty()) {
                throw new IllegalArgumentException("A remote model needs an address");
            }
        }

        /** One server. */
        public Remote(URI base, String model) {
            this(List.of(base), model);
        }
    }
}
