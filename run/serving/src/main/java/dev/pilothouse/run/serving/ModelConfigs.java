package dev.pilothouse.run.serving;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.openinference.DataType;
import dev.pilothouse.run.openinference.ModelInfo;
import dev.pilothouse.run.openinference.ModelInfo.TensorSpec;
import inference.ModelConfig;
import inference.ModelConfigResponse;
import inference.ModelInput;
import inference.ModelOutput;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A model's signature in the words of Triton's model configuration extension, which some clients ask instead of metadata. */
final class ModelConfigs {
    private ModelConfigs() {}

    static ObjectNode json(String name, ModelInfo info) {
        ObjectNode config =
                Json.object().put("name", name).put("platform", info.platform()).put("max_batch_size", 0);
        tensors(info.inputs(), config.putArray("input"));
        tensors(info.outputs(), config.putArray("output"));
        return config;
    }

    private static void tensors(List<TensorSpec> specs, ArrayNode to) {
        for (TensorSpec spec : specs) {
            ArrayNode dims = to.addObject()
                    .put("name", spec.name())
                    .put("data_type", type(spec.type()).name())
                    .putArray("dims");
            spec.shape().forEach(dims::add);
        }
    }

    static ModelConfigResponse message(String name, ModelInfo info) {
        var config = ModelConfig.newBuilder().setName(name).setPlatform(info.platform());
        for (TensorSpec spec : info.inputs()) {
            config.addInput(ModelInput.newBuilder()
                    .setName(spec.name())
                    .setDataType(type(spec.type()))
                    .addAllDims(spec.shape()));
        }
        for (TensorSpec spec : info.outputs()) {
            config.addOutput(ModelOutput.newBuilder()
                    .setName(spec.name())
                    .setDataType(type(spec.type()))
                    .addAllDims(spec.shape()));
        }
        return ModelConfigResponse.newBuilder().setConfig(config).build();
    }

    private static inference.DataType type(DataType type) {
        return type == DataType.BYTES
                ? inference.DataType.TYPE_STRING
                : inference.DataType.valueOf("TYPE_" + type.name());
    }
}
