package dev.pilothouse.run.openinference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

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
     * Why clients of another model would fail with this one: inputs and outputs that are missing, asked for in addition, or
     * of another type or shape, each in a clause. Empty where every request that the other takes is taken here and every
     * output that it gives is given, or where a server does not tell its inputs.
     */
    public List<String> breaksClientsOf(ModelInfo other) {
        var breaks = new ArrayList<String>();
        if (!inputs.isEmpty() && !other.inputs.isEmpty()) {
            for (TensorSpec theirs : other.inputs) {
                find(inputs, theirs.name)
                        .ifPresentOrElse(
                                ours -> theirs.whyNotTakenBy(ours).ifPresent(breaks::add),
                                () -> breaks.add("it has no input '" + theirs.name + "'"));
            }
            inputs.stream()
                    .filter(ours -> find(other.inputs, ours.name).isEmpty())
                    .forEach(ours -> breaks.add("it asks for an input " + ours + " in addition"));
        }
        for (TensorSpec theirs : other.outputs) {
            Optional<TensorSpec> ours = find(outputs, theirs.name);
            if (ours.isEmpty() && !outputs.isEmpty()) {
                breaks.add("it has no output '" + theirs.name + "'");
            } else if (ours.isPresent() && ours.get().type != theirs.type) {
                breaks.add("its output '" + theirs.name + "' is " + ours.get().type + ", not " + theirs.type);
            }
        }
        return breaks;
    }

    private static Optional<TensorSpec> find(List<TensorSpec> specs, String name) {
        return specs.stream().filter(spec -> spec.name.equals(name)).findFirst();
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

        private Optional<String> whyNotTakenBy(TensorSpec input) {
            boolean fits = type == input.type && shape.size() == input.shape.size();
            for (int i = 0; fits && i < shape.size(); i++) {
                fits = input.shape.get(i) < 0 || input.shape.get(i).equals(shape.get(i));
            }
            return fits ? Optional.empty() : Optional.of("its input is " + input + ", not " + this);
        }

        @Override
        public String toString() {
            return "'" + name + "' " + type + " " + shape;
        }
    }
}
