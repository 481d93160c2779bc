package dev.pilothouse.run.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.run.openinference.InferRequest;
import dev.pilothouse.run.openinference.InferResult;
import dev.pilothouse.run.openinference.ModelInfo;
import dev.pilothouse.run.openinference.ModelInfo.TensorSpec;
import dev.pilothouse.run.openinference.ServedModel;
import dev.pilothouse.run.openinference.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An ONNX model run here: checks requests against the graph and hands them to its instances. */
final class OnnxModel implements ServedModel {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxModel.class);

    private final String label;
    private final ModelInfo info;
    private final List<String> inputNames;
    private final boolean batches;
    private final Supplier<OnnxInstances> more;
    private final OnnxInstances instances;
    private final Runnable free;

    /**
     * @param more starts threads that run the session
     * @param free frees the session, once the threads have ended
     */
    private OnnxModel(String label, ModelInfo info, boolean batches, Supplier<OnnxInstances> more, Runnable free) {
        this.label = label;
        this.info = info;
        this.inputNames = info.inputs().stream().map(TensorSpec::name).toList();
        this.batches = batches;
        this.more = more;
        this.instances = more.get();
        this.free = free;
    }

    /**
     * Takes a session into service: reads its signature, warms it and finds out whether requests can share a run.
     *
     * @param label what messages call the model
     * @param loops whether its graph has loops
     * @param cleanUp removes its files once it is closed
     */
    static OnnxModel start(
            String label,
            OrtEnvironment environment,
            OrtSession session,
            boolean loops,
            OnnxConfig config,
            Runnable cleanUp)
            throws OrtException {
        List<TensorSpec> inputs = new ArrayList<>();
        List<TensorSpec> outputs = new ArrayList<>();
        for (var node : session.getInputInfo().values()) {
            inputs.addAll(inputSpecs(node));
        }
        for (var node : session.getOutputInfo().values()) {
            outputs.addAll(OnnxValues.specs(node));
        }
        var info = new ModelInfo("onnx_onnxv1", inputs, outputs);
        var unsigned = new UnsignedTensors(environment, inputs);
        Supplier<OnnxRunner> runners = () -> new OnnxRunner(environment, session, unsigned, inputs);
        boolean batches = OnnxWarmUp.run(label, runners.get(), info);
        LOG.info("Loaded {}: inputs {}, outputs {}, {}", label, inputs, outputs, batches ? "batched" : "one by one");
        return new OnnxModel(label, info, batches, () -> new OnnxInstances(label, runners, loops, config), () -> {
            try {
                session.close();
                unsigned.close();
            } catch (OrtException e) {
                LOG.warn("{} did not close cleanly", label, e);
            }
            cleanUp.run();
        });
    }

    @Override
    public Optional<ServedModel> lane() {
        return Optional.of(new OnnxModel(label, info, batches, more, () -> {}));
    }

    private static List<TensorSpec> inputSpecs(ai.onnxruntime.NodeInfo node) {
        List<TensorSpec> specs = OnnxValues.specs(node);
        if (specs.size() > 1) {
            throw new IllegalArgumentException("input '" + node.getName()
                    + "' is a map, which the Open Inference Protocol" + " cannot carry; let the graph take tensors.");
        }
        return specs;
    }

    @Override
    public ModelInfo info() {
        return info;
    }

    @Override
    public CompletableFuture<InferResult> infer(InferRequest request, Passage passage) {
        Tensor[] inputs = inOrder(request.inputs());
        for (InferRequest.Requested wanted : request.outputs()) {
            checkOutput(wanted.name());
        }
        return instances.submit(inputs, sharedRows(inputs), passage.deadline());
    }

    private Tensor[] inOrder(List<Tensor> given) {
        List<TensorSpec> specs = info.inputs();
        Tensor[] ordered = new Tensor[specs.size()];
        for (Tensor tensor : given) {
            int index = inputNames.indexOf(tensor.name());
            if (index < 0) {
                throw CommonError.INVALID.because(label + " has no input '" + tensor.name() + "'."
                        + Nearest.of(tensor.name(), inputNames)
                                .map(n -> " Did you mean '" + n + "'?")
                                .orElse("")
                        + " It takes " + signature(specs) + ".");
            }
            if (ordered[index] != null) {
                throw CommonError.INVALID.because(
                        "Input '" + tensor.name() + "' is given twice; give each input once.");
            }
            check(tensor, specs.get(index));
            ordered[index] = tensor;
        }
        for (int i = 0; i < ordered.length; i++) {
            if (ordered[i] == null) {
                throw CommonError.INVALID.because(
                        "Input '" + inputNames.get(i) + "' is missing. " + label + " takes " + signature(specs) + ".");
            }
        }
        return ordered;
    }

    private void check(Tensor tensor, TensorSpec spec) {
        if (tensor.type() != spec.type()) {
            throw CommonError.INVALID.because("Input '" + tensor.name() + "' of " + label + " must have the datatype "
                    + spec.type() + ", not " + tensor.type() + ".");
        }
        List<Long> wanted = spec.shape();
        // An ONNX graph without a declared shape takes any.
        boolean fits = wanted.isEmpty() || wanted.size() == tensor.shape().length;
        for (int i = 0; fits && i < wanted.size(); i++) {
            fits = wanted.get(i) < 0 || wanted.get(i) == tensor.shape()[i];
        }
        if (!fits) {
            throw CommonError.INVALID.because("Input '" + tensor.name() + "' of " + label + " must have the shape "
                    + wanted + " (-1 is any size), not " + Arrays.toString(tensor.shape()) + ".");
        }
    }

    private void checkOutput(String name) {
        for (TensorSpec output : info.outputs()) {
            if (output.name().equals(name)) {
                return;
            }
        }
        throw CommonError.INVALID.because(
                label + " has no output '" + name + "'. It gives " + signature(info.outputs()) + ".");
    }

    private static String signature(List<TensorSpec> specs) {
        return String.join(", ", specs.stream().map(TensorSpec::toString).toList());
    }

    /** Rows of a request that may share a run, or -1 where it must run alone. */
    private int sharedRows(Tensor[] inputs) {
        if (!batches) {
            return -1;
        }
        long rows = inputs[0].rows();
        for (Tensor input : inputs) {
            if (input.rows() != rows || input.count() == 0) {
                return -1;
            }
        }
        return (int) rows;
    }

    @Override
    public void close() {
        instances.close();
        free.run();
    }
}
