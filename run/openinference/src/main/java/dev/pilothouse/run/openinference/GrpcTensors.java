package dev.pilothouse.run.openinference;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.pilothouse.kernel.CommonError;
import inference.InferParameter;
import inference.InferTensorContents;
import inference.ModelInferRequest;
import inference.ModelInferRequest.InferInputTensor;
import inference.ModelInferResponse;
import inference.ModelInferResponse.InferOutputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/** Between the protocol's gRPC messages and tensors. Stateless. */
public final class GrpcTensors {
    private GrpcTensors() {}

    /**
     * Reads a request.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID}
     */
    public static InferRequest read(ModelInferRequest message) {
        if (message.getInputsCount() == 0) {
            throw CommonError.INVALID.because("The request has no 'inputs'; name each input tensor of the model.");
        }
        boolean raw = message.getRawInputContentsCount() > 0;
        if (raw && message.getRawInputContentsCount() != message.getInputsCount()) {
            throw CommonError.INVALID.because(
                    "The request has " + message.getInputsCount() + " inputs, but " + message.getRawInputContentsCount()
                            + " raw_input_contents; give one for each input, in their order.");
        }
        List<Tensor> inputs = new ArrayList<>(message.getInputsCount());
        for (int i = 0; i < message.getInputsCount(); i++) {
            InferInputTensor input = message.getInputs(i);
            input.getParametersMap().keySet().forEach(p -> Extensions.refuseUnoffered(p, input.getName()));
            DataType type = DataType.of(input.getDatatype(), input.getName());
            long[] shape =
                    input.getShapeList().stream().mapToLong(Long::longValue).toArray();
            if (raw && input.hasContents()) {
                throw CommonError.INVALID.because("Input '" + input.getName()
                        + "' has contents although raw_input_contents are given; use one of the two for all inputs.");
            }
            inputs.add(
                    raw
                            ? Tensor.raw(
                                    input.getName(),
                                    type,
                                    shape,
                                    message.getRawInputContents(i).asReadOnlyByteBuffer())
                            : typed(input, type, shape));
        }
        List<InferRequest.Requested> outputs = new ArrayList<>(message.getOutputsCount());
        for (var output : message.getOutputsList()) {
            output.getParametersMap().keySet().forEach(p -> Extensions.refuseUnoffered(p, output.getName()));
            outputs.add(new InferRequest.Requested(output.getName(), raw));
        }
        return new InferRequest(message.getId(), routingKey(message), inputs, outputs, raw, null);
    }

    private static String routingKey(ModelInferRequest message) {
        InferParameter key = message.getParametersMap().get("routing_key");
        if (key == null) {
            return "";
        }
        return switch (key.getParameterChoiceCase()) {
            case STRING_PARAM -> key.getStringParam();
            case INT64_PARAM -> Long.toString(key.getInt64Param());
            case UINT64_PARAM -> Long.toUnsignedString(key.getUint64Param());
            case BOOL_PARAM -> Boolean.toString(key.getBoolParam());
            case DOUBLE_PARAM -> Double.toString(key.getDoubleParam());
            case PARAMETERCHOICE_NOT_SET -> "";
        };
    }

    private static Tensor typed(InferInputTensor input, DataType type, long[] shape) {
        String name = input.getName();
        int count = Tensor.count(name, shape);
        InferTensorContents contents = input.getContents();
        if (type == DataType.BYTES) {
            expect(name, type, count, contents.getBytesContentsCount());
            byte[][] strings = contents.getBytesContentsList().stream()
                    .map(ByteString::toByteArray)
                    .toArray(byte[][]::new);
            return Tensor.strings(name, shape, strings);
        }
        int came =
                switch (type) {
                    case BOOL -> contents.getBoolContentsCount();
                    case INT8, INT16, INT32 -> contents.getIntContentsCount();
                    case UINT8, UINT16, UINT32 -> contents.getUintContentsCount();
                    case INT64 -> contents.getInt64ContentsCount();
                    case UINT64 -> contents.getUint64ContentsCount();
                    case FP32 -> contents.getFp32ContentsCount();
                    case FP64 -> contents.getFp64ContentsCount();
                    case FP16, BF16 ->
                        throw CommonError.INVALID.because("Input '" + name + "' of type " + type
                                + " has no typed contents in the protocol; send it in raw_input_contents.");
                    case BYTES -> throw new IllegalStateException("read above");
                };
        expect(name, type, count, came);
        ByteBuffer data = ByteBuffer.allocate(count * type.size()).order(ByteOrder.LITTLE_ENDIAN);
        IntConsumer put =
                switch (type) {
                    case BOOL -> i -> data.put((byte) (contents.getBoolContents(i) ? 1 : 0));
                    case INT8 -> i -> data.put((byte) inRange(name, type, contents.getIntContents(i), -128, 127));
                    case UINT8 -> i -> data.put((byte) inRange(name, type, contents.getUintContents(i), 0, 0xff));
                    case INT16 ->
                        i -> data.putShort((short)
                                inRange(name, type, contents.getIntContents(i), Short.MIN_VALUE, Short.MAX_VALUE));
                    case UINT16 ->
                        i -> data.putShort((short) inRange(name, type, contents.getUintContents(i), 0, 0xffff));
                    case INT32 -> i -> data.putInt(contents.getIntContents(i));
                    case UINT32 -> i -> data.putInt(contents.getUintContents(i));
                    case INT64 -> i -> data.putLong(contents.getInt64Contents(i));
                    case UINT64 -> i -> data.putLong(contents.getUint64Contents(i));
                    case FP32 -> i -> data.putFloat(contents.getFp32Contents(i));
                    case FP64 -> i -> data.putDouble(contents.getFp64Contents(i));
                    case FP16, BF16, BYTES -> throw new IllegalStateException("read above");
                };
        for (int i = 0; i < count; i++) {
            put.accept(i);
        }
        return Tensor.fixed(name, type, shape, data.flip());
    }

    private static int inRange(String name, DataType type, int value, int min, int max) {
        if (value < min || value > max) {
            throw CommonError.INVALID.because("An element of input '" + name + "' of type " + type + " is " + value
                    + "; it must be from " + min + " to " + max + ".");
        }
        return value;
    }

    private static void expect(String name, DataType type, int count, int came) {
        if (count != came) {
            throw CommonError.INVALID.because("Input '" + name + "' needs " + count + " elements by its shape, but its "
                    + type + " contents hold " + came + ".");
        }
    }

    /** Writes an answer; raw where the request was. */
    public static ModelInferResponse write(InferRequest request, InferResult result, String model, String version) {
        var response = ModelInferResponse.newBuilder()
                .setModelName(model)
                .setModelVersion(version)
                .setId(request.id());
        boolean raw = request.binaryOutput();
        for (Tensor tensor : result.outputs()) {
            raw |= tensor.type() == DataType.FP16 || tensor.type() == DataType.BF16;
        }
        for (Tensor tensor : result.outputs()) {
            var output = InferOutputTensor.newBuilder()
                    .setName(tensor.name())
                    .setDatatype(tensor.type().name());
            for (long dimension : tensor.shape()) {
                output.addShape(dimension);
            }
            if (raw) {
                ByteBuffer bytes = ByteBuffer.allocate(tensor.rawLength());
                tensor.writeRaw(bytes);
                response.addRawOutputContents(UnsafeByteOperations.unsafeWrap(bytes.flip()));
            } else {
                output.setContents(contents(tensor));
            }
            response.addOutputs(output);
        }
        return response.build();
    }

    private static InferTensorContents contents(Tensor tensor) {
        var contents = InferTensorContents.newBuilder();
        ByteBuffer data = tensor.data();
        for (int i = 0; i < tensor.count(); i++) {
            switch (tensor.type()) {
                case BOOL -> contents.addBoolContents(data.get(i) != 0);
                case INT8 -> contents.addIntContents(data.get(i));
                case UINT8 -> contents.addUintContents(Byte.toUnsignedInt(data.get(i)));
                case INT16 -> contents.addIntContents(data.getShort(i * 2));
                case UINT16 -> contents.addUintContents(Short.toUnsignedInt(data.getShort(i * 2)));
                case INT32 -> contents.addIntContents(data.getInt(i * 4));
                case UINT32 -> contents.addUintContents(data.getInt(i * 4));
                case INT64 -> contents.addInt64Contents(data.getLong(i * 8));
                case UINT64 -> contents.addUint64Contents(data.getLong(i * 8));
                case FP32 -> contents.addFp32Contents(data.getFloat(i * 4));
                case FP64 -> contents.addFp64Contents(data.getDouble(i * 8));
                case BYTES -> contents.addBytesContents(UnsafeByteOperations.unsafeWrap(tensor.strings()[i]));
                case FP16, BF16 -> throw new IllegalStateException("answered raw");
            }
        }
        return contents.build();
    }
}
