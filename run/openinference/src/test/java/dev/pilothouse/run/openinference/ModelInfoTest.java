package dev.pilothouse.run.openinference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.run.openinference.ModelInfo.TensorSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelInfoTest {
    private static final ModelInfo BEFORE = new ModelInfo(
            "onnx_onnxv1",
            List.of(TensorSpec.of("amount", DataType.FP32, -1, 1), TensorSpec.of("channel", DataType.BYTES, -1, 1)),
            List.of(TensorSpec.of("label", DataType.INT64, -1)));

    @Test
    void theSameInputsAndMoreOutputsBreakNobody() {
        var after = new ModelInfo(
                "onnx_onnxv1",
                BEFORE.inputs().reversed(),
                List.of(
                        TensorSpec.of("probability", DataType.FP32, -1, 2),
                        TensorSpec.of("label", DataType.INT64, -1)));
        assertThat(after.breaksClientsOf(BEFORE)).isEmpty();
    }

    @Test
    void eachInputAndOutputThatDiffersIsNamed() {
        var after = new ModelInfo(
                "onnx_onnxv1",
                List.of(TensorSpec.of("amount", DataType.FP64, -1, 1), TensorSpec.of("age", DataType.INT64, -1, 1)),
                List.of(TensorSpec.of("label", DataType.BYTES, -1)));
        assertThat(after.breaksClientsOf(BEFORE))
                .containsExactly(
                        "its input is 'amount' FP64 [-1, 1], not 'amount' FP32 [-1, 1]",
                        "it has no input 'channel'",
                        "it asks for an input 'age' INT64 [-1, 1] in addition",
                        "its output 'label' is BYTES, not INT64");
    }

    @Test
    void aFixedSizeBreaksThoseWhoSentAnyAndAFreeOneTakesAll() {
        var fixed = new ModelInfo(
                "onnx_onnxv1",
                List.of(TensorSpec.of("amount", DataType.FP32, 1, 1), TensorSpec.of("channel", DataType.BYTES, -1, 1)),
                BEFORE.outputs());
        assertThat(fixed.breaksClientsOf(BEFORE)).hasSize(1);
        assertThat(BEFORE.breaksClientsOf(fixed)).isEmpty();
    }

    @Test
    void aServerThatTellsNothingIsNotJudged() {
        var silent = new ModelInfo("", List.of(), List.of());
        assertThat(silent.breaksClientsOf(BEFORE)).isEmpty();
        assertThat(BEFORE.breaksClientsOf(silent)).isEmpty();
    }
}
