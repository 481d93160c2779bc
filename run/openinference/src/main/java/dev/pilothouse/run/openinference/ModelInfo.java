package dev.pilothouse.run.openinference;

import java.util.Arrays;
import java.util.List;

/**
 * What a model takes and gives.
 *
 * @param platform the protocol's platform name, such as {@code onnx_onnxv1}
 * @param inputs inputs in the model's order; empty where a remote server does not tell
 * @param outputs outputs in the model's order
 */
public record ModelInfo(String platform, List<TensorSpec> inputs, List<TensorSpec> outputs) {
    public ModelInfo {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /**
     * One input or output.
     *
     * @param name its name
     * @param type its data type
     * @param shape its shape; -1 stands for any size
     */
    public record TensorSpec(String name, DataType type, List<Long> shape) {
        public TensorSpec {
            shape = List.copyOf(shape);
        }

        /** A spec of that shape. */
        public static TensorSpec of(String name, DataType type, long... shape) {
            return new TensorSpec(name, type, Arrays.stream(shape).boxed().toList());
        }

        @Override
        public String toString() {
            return "'" + name + "' " + type + " " + shape;
        }
    }
}
