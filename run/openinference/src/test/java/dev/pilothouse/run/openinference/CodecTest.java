package dev.pilothouse.run.openinference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.openinference.InferRequest.RestBody;
import inference.ModelInferRequest;
import inference.ModelInferRequest.InferInputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Tensors keep their values through every form that the protocol gives them. */
class CodecTest {
    private static final long SEED = 20_260_801;

    private final Random random = new Random(SEED);

    private Tensor tensor(String name, DataType type, int rank) {
        long[] shape = new long[rank];
        for (int i = 0; i < rank; i++) {
            shape[i] = random.nextInt(4);
        }
        int count = Tensor.count(name, shape);
        if (type == DataType.BYTES) {
            byte[][] strings = new byte[count][];
            for (int i = 0; i < count; i++) {
                strings[i] = random.ints(random.nextInt(6), 0, 0x300)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString()
                        .getBytes(StandardCharsets.UTF_8);
            }
            return Tensor.strings(name, shape, strings);
        }
        ByteBuffer data = ByteBuffer.allocate(count * type.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            switch (type) {
                case FP32 -> data.putFloat((float) random.nextGaussian() * 1e6f);
                case FP64 -> data.putDouble(random.nextGaussian() * 1e200);
                case FP16 -> data.putShort(Float.floatToFloat16((float) random.nextGaussian()));
                case BF16 -> data.putShort((short) (Float.floatToRawIntBits(random.nextFloat()) >>> 16));
                case BOOL -> data.put((byte) random.nextInt(2));
                default -> {
                    byte[] bits = new byte[type.size()];
                    random.nextBytes(bits);
                    data.put(bits);
                }
            }
        }
        return Tensor.fixed(name, type, shape, data.flip());
    }

    private static InferRequest request(List<Tensor> inputs) {
        return new InferRequest("r-1", "", inputs, List.of(), false, null);
    }

    private static void assertSame(Tensor read, Tensor written) {
        assertThat(read.name()).isEqualTo(written.name());
        assertThat(read.type()).isEqualTo(written.type());
        assertThat(read.shape()).isEqualTo(written.shape());
        assertThat(read.strings()).isDeepEqualTo(written.strings());
        assertThat(read.data().duplicate().rewind())
                .isEqualTo(written.data().duplicate().rewind());
    }

    @ParameterizedTest
    @EnumSource(DataType.class)
    void aRequestToAnotherServerReadsBackAsItWasWritten(DataType type) {
        for (int round = 0; round < 40; round++) {
            List<Tensor> inputs = new ArrayList<>();
            for (int i = 0; i <= random.nextInt(3); i++) {
                inputs.add(tensor("x" + i, type, random.nextInt(4)));
            }
            InferRequest read = InferReader.request(InferWriter.request(request(inputs)));
            assertThat(read.id()).isEqualTo("r-1");
            assertThat(read.inputs()).hasSameSizeAs(inputs);
            for (int i = 0; i < inputs.size(); i++) {
                assertSame(read.inputs().get(i), inputs.get(i));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(DataType.class)
    void anAnswerInRawBytesReadsBackAsItWasWritten(DataType type) {
        var wantsRaw = new InferRequest("", "", List.of(), List.of(), true, null);
        for (int round = 0; round < 40; round++) {
            Tensor output = tensor("y", type, random.nextInt(4));
            RestBody body = InferWriter.answer(wantsRaw, new InferResult(List.of(output)), "m", "3");
            assertSame(InferReader.answer(body).outputs().getFirst(), output);
        }
    }

    @ParameterizedTest
    @EnumSource(DataType.class)
    void rawContentsOverGrpcKeepTheirValues(DataType type) {
        for (int round = 0; round < 40; round++) {
            Tensor input = tensor("x", type, random.nextInt(4));
            ByteBuffer raw = ByteBuffer.allocate(input.rawLength());
            input.writeRaw(raw);
            var message = ModelInferRequest.newBuilder()
                    .addInputs(InferInputTensor.newBuilder()
                            .setName("x")
                            .setDatatype(type.name())
                            .addAllShape(Arrays.stream(input.shape()).boxed().toList()))
                    .addRawInputContents(ByteString.copyFrom(raw.flip()))
                    .build();
            InferRequest read = GrpcTensors.read(message);
            assertSame(read.inputs().getFirst(), input);
            var response = GrpcTensors.write(read, new InferResult(read.inputs()), "m", "3");
            assertThat(response.getRawOutputContents(0)).isEqualTo(message.getRawInputContents(0));
        }
    }

    @Test
    void anotherServersAnswerIsRenamedInPlaceAndElseUntouched() {
        byte[] json =
                "{\"model_name\":\"inner\",\"extra\":[1,{\"id\":7}],\"outputs\":[{\"name\":\"y\",\"datatype\":\"INT64\",\"shape\":[1],\"data\":[5]}]}"
                        .getBytes(StandardCharsets.UTF_8);
        InferResult answer = InferReader.answer(new RestBody(json, json.length));
        String renamed = new String(
                InferWriter.answer(request(List.of()), answer, "outer", "7").bytes(), StandardCharsets.UTF_8);
        assertThat(renamed)
                .isEqualTo("{\"model_version\":\"7\",\"id\":\"r-1\",\"model_name\":\"outer\",\"extra\":[1,{\"id\":7}],"
                        + "\"outputs\":[{\"name\":\"y\",\"datatype\":\"INT64\",\"shape\":[1],\"data\":[5]}]}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}                                                                              | has no 'inputs'
            []                                                                              | must be a JSON object
            {"inputs":[{"name":"x","datatype":"FP32","shape":[2],"data":[1]}]}              | needs 2 elements
            {"inputs":[{"name":"x","datatype":"FP32","shape":[99999999999],"data":[1]}]}    | from 0 to
            {"inputs":[{"name":"x","datatype":"FP33","shape":[1],"data":[1]}]}              | does not know
            {"inputs":[{"name":"x","datatype":"INT8","shape":[1],"data":[128]}]}            | from -128 to 127
            {"inputs":[{"name":"x","datatype":"INT8","shape":[1]}]}                         | neither 'data' nor
            {"inputs":[{"datatype":"INT8","shape":[1],"data":[1]}]}                         | lacks its name
            {"inputs":[                                                                     | not valid JSON
            """)
    void whatIsWrongWithABodyIsSaid(String body, String said) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> InferReader.request(new RestBody(bytes, bytes.length)))
                .isInstanceOfSatisfying(PilothouseException.class, e -> {
                    assertThat(e.code().status()).isEqualTo(400);
                    assertThat(e.detail()).contains(said);
                });
    }

    @Test
    void rowsOfTensorsAreOneObjectEach() {
        Tensor amounts = Tensor.fixed(
                "amount",
                DataType.INT32,
                new long[] {2, 1},
                ByteBuffer.allocate(8)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(3)
                        .putInt(4)
                        .flip());
        Tensor bank = Tensor.strings("bank", new long[] {1}, new byte[][] {{'a'}});
        assertThat(TensorJson.rows(List.of(amounts, bank), 9))
                .isEqualTo("[{\"amount\":3,\"bank\":\"a\"},{\"amount\":4,\"bank\":\"a\"}]");
        assertThat(TensorJson.rows(List.of(amounts), 1)).isEqualTo("[{\"amount\":3}]");
    }
}
