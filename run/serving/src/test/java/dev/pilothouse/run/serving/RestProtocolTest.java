package dev.pilothouse.run.serving;

import static dev.pilothouse.run.serving.ModelServer.error;
import static dev.pilothouse.run.serving.ModelServer.json;
import static dev.pilothouse.run.serving.ModelServer.x;
import static org.assertj.core.api.Assertions.assertThat;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.testkit.OnnxBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The protocol's REST side, row by row. */
class RestProtocolTest {
    private static ModelServer server;

    @BeforeAll
    static void start() {
        server = new ModelServer()
                .serve("add", OnnxBytes.adding(1, 2))
                .serve("text", OnnxBytes.identity(OnnxBytes.STRING, "N", "2"))
                .serve("fraud", OnnxBytes.fraud())
                .serve("table", OnnxBytes.table(10, 20, 30));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static AggregatedHttpResponse infer(String model, String body, String... headers) {
        return server.post("/v2/models/" + model + "/infer", body, headers);
    }

    @Test
    void theServerTellsItsNameVersionAndExtensions() {
        JsonNode body = json(server.get("/v2"));
        assertThat(body.path("name").asString()).isEqualTo("pilothouse");
        assertThat(body.path("version").asString()).isEqualTo("test");
        assertThat(body.path("extensions").toString()).contains("binary_tensor_data");
    }

    @ParameterizedTest
    @CsvSource({
        "/v2/health/live, 200",
        "/v2/health/ready, 200",
        "/v2/models/add/ready, 200",
        "/v2/models/add, 200",
        "/v2/models/add/versions/1/ready, 200",
        "/v2/models/add/versions/1, 200",
        "/kserve/v2/models/add, 200",
        "/v2/models/none, 404",
        "/v2/models/none/ready, 404",
        "/v2/models/add/versions/9/ready, 404"
    })
    void everyGetAnswersWithTheProtocolsStatus(String path, int status) {
        assertThat(server.get(path).status().code()).isEqualTo(status);
    }

    @Test
    void metadataNamesInputsAndOutputsWithTypesAndShapes() {
        assertThat(json(server.get("/v2/models/fraud"))).isEqualTo(Json.parse("""
                        {"name":"fraud","versions":["1"],"platform":"onnx_onnxv1",
                         "inputs":[{"name":"amount","datatype":"FP32","shape":[-1,1]},
                                   {"name":"channel","datatype":"BYTES","shape":[-1,1]}],
                         "outputs":[{"name":"label","datatype":"INT64","shape":[-1]},
                                    {"name":"probability","datatype":"FP32","shape":[-1,-1]},
                                    {"name":"probability_labels","datatype":"BYTES","shape":[-1,-1]}]}"""));
    }

    @Test
    void theIndexListsEveryVersion() {
        assertThat(json(server.post("/v2/repository/index", "")).toString())
                .contains("{\"name\":\"add\",\"version\":\"1\",\"state\":\"READY\",\"reason\":\"\"}");
        AggregatedHttpResponse load = server.post("/v2/repository/models/add/load", "");
        assertThat(load.status().code()).isEqualTo(501);
        assertThat(error(load)).contains("pilot release");
    }

    @Test
    void anAnswerNamesModelVersionIdAndOutputs() {
        AggregatedHttpResponse response = infer("add", """
                {"id":"q-1","parameters":{"anything":{"nested":[1]}},
                 "inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2],[3.5,-4e1]]}]}""");
        assertThat(response.status().code()).isEqualTo(200);
        assertThat(response.headers().get("x-pilothouse-version")).isEqualTo("1");
        assertThat(json(response)).isEqualTo(Json.parse("""
                        {"model_name":"add","model_version":"1","id":"q-1",
                         "outputs":[{"name":"y","datatype":"FP32","shape":[2,2],"data":[2.0,3.0,4.5,-39.0]}]}"""));
    }

    @Test
    void dataMayComeBeforeShapeAndType() {
        AggregatedHttpResponse response =
                infer("add", "{\"inputs\":[{\"data\":[1,2],\"datatype\":\"FP32\",\"shape\":[1,2],\"name\":\"x\"}]}");
        assertThat(json(response).at("/outputs/0/data").toString()).isEqualTo("[2.0,3.0]");
    }

    @Test
    void nullIsNaNBothWays() {
        assertThat(json(infer("add", x("FP32", "[1,2]", "[null,1]")))
                        .at("/outputs/0/data")
                        .toString())
                .isEqualTo("[null,2.0]");
    }

    @Test
    void rawColumnsAndZipMapsServeAsTheyAre() {
        AggregatedHttpResponse response = infer("fraud", """
                {"inputs":[{"name":"amount","shape":[2,1],"datatype":"FP32","data":[3,3]},
                           {"name":"channel","shape":[2,1],"datatype":"BYTES","data":["web","bränch \\"x\\""]}]}""");
        JsonNode outputs = json(response).path("outputs");
        assertThat(outputs.at("/0/data").toString()).isEqualTo("[1,0]");
        assertThat(outputs.at("/1/shape").toString()).isEqualTo("[2,2]");
        assertThat(outputs.at("/1/data/1").asDouble()).isGreaterThan(0.9);
        assertThat(outputs.at("/2/data").toString()).isEqualTo("[\"fine\",\"fraud\",\"fine\",\"fraud\"]");
    }

    @Test
    void onlyRequestedOutputsAreAnswered() {
        String inputs = "\"inputs\":[{\"name\":\"amount\",\"shape\":[1,1],\"datatype\":\"FP32\",\"data\":[3]},"
                + "{\"name\":\"channel\",\"shape\":[1,1],\"datatype\":\"BYTES\",\"data\":[\"web\"]}]";
        assertThat(json(infer("fraud", "{" + inputs + ",\"outputs\":[{\"name\":\"label\"}]}"))
                        .path("outputs"))
                .hasSize(1);
        AggregatedHttpResponse wrong = infer("fraud", "{" + inputs + ",\"outputs\":[{\"name\":\"lable\"}]}");
        assertThat(wrong.status().code()).isEqualTo(400);
        assertThat(error(wrong)).contains("'label' INT64");
    }

    @Test
    void textsSurviveUnchanged() {
        String data = "[\"a\\u0001\\\"\\\\\",\"日本 €\"]";
        assertThat(json(infer("text", x("BYTES", "[1,2]", data))).at("/outputs/0/data"))
                .isEqualTo(Json.parse(data));
    }

    @Test
    void binaryTensorsGoInAndOut() {
        ByteBuffer raw = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(1)
                .putFloat(2);
        byte[] body = binary("""
                {"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],
                 "parameters":{"binary_data_output":true}}""", raw.array());
        AggregatedHttpResponse response = server.post(
                "/v2/models/add/infer", body, "Inference-Header-Content-Length", Integer.toString(body.length - 8));
        assertThat(response.status().code()).isEqualTo(200);
        int jsonLength = response.headers().getInt("inference-header-content-length", -1);
        byte[] answer = response.content().array();
        JsonNode output = Json.parse(new String(answer, 0, jsonLength, StandardCharsets.UTF_8))
                .at("/outputs/0");
        assertThat(output.at("/parameters/binary_data_size").asInt()).isEqualTo(8);
        assertThat(output.has("data")).isFalse();
        ByteBuffer out = ByteBuffer.wrap(answer, jsonLength, 8).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(out.getFloat()).isEqualTo(2);
        assertThat(out.getFloat()).isEqualTo(3);
    }

    @Test
    void eachOutputMayChooseItsForm() {
        ByteBuffer raw = ByteBuffer.allocate(11).order(ByteOrder.LITTLE_ENDIAN);
        raw.putInt(1).put((byte) 'a').putInt(2).put((byte) 'b').put((byte) 'c');
        byte[] body = binary("""
                {"inputs":[{"name":"x","shape":[1,2],"datatype":"BYTES","parameters":{"binary_data_size":11}}],
                 "outputs":[{"name":"y","parameters":{"binary_data":false}}]}""", raw.array());
        AggregatedHttpResponse response = server.post(
                "/v2/models/text/infer", body, "Inference-Header-Content-Length", Integer.toString(body.length - 11));
        assertThat(json(response).at("/outputs/0/data").toString()).isEqualTo("[\"a\",\"bc\"]");
    }

    private static byte[] binary(String json, byte[] raw) {
        byte[] head = json.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(head.length + raw.length).put(head).put(raw).array();
    }

    @Test
    void bigRequestsAreAnsweredAsSmallOnes() {
        var data = new StringBuilder("[0");
        for (int i = 1; i < 40_000; i++) {
            data.append(',').append(i);
        }
        JsonNode answer = json(infer("add", x("FP32", "[20000,2]", data + "]")));
        assertThat(answer.at("/outputs/0/data")).hasSize(40_000);
        assertThat(answer.at("/outputs/0/data/39999").asInt()).isEqualTo(40_000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{                                                             | not valid JSON",
                "[]                                                            | must be a JSON object",
                "{}                                                            | has no 'inputs'",
                "{\"inputs\":[]}                                               | has no 'inputs'",
                "{\"inputs\":[{\"name\":\"x\"}]}                               | lacks its datatype",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2]}]} | neither 'data'",
                "{\"inputs\":[{\"name\":\"z\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]}]} | no input 'z'",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP99\",\"shape\":[1,2],\"data\":[1,2]}]} | Use one of BOOL",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP64\",\"shape\":[1,2],\"data\":[1,2]}]} | datatype FP32, not FP64",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,3],\"data\":[1,2,3]}]} | shape [-1, 2]",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[2],\"data\":[1,2]}]} | shape [-1, 2]",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1]}]} | needs 2 elements",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2,3]}]} | needs 2 elements",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,\"2\"]}]} | Element 1",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,1e99]}]} | range of FP32",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,NaN]}]} | not valid JSON",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,2],\"data\":[1,2]}]} | each dimension",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[999999,2],\"data\":[1,2]}]} | holds fewer",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[99999999,99999999],\"data\":[1]}]} | smaller batches",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"parameters\":{\"binary_data_size\":8}}]} | 0 bytes are left",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]}]} trailing | not valid JSON"
            })
    void aBadRequestIsRefusedWithTheReason(String body, String reason) {
        AggregatedHttpResponse response = infer("add", body);
        assertThat(response.status().code()).as(response.contentUtf8()).isEqualTo(400);
        assertThat(error(response)).contains(reason).doesNotContain("Exception");
    }

    @Test
    void unknownModelsAndVersionsAre404() {
        AggregatedHttpResponse unknown = infer("ad", x("FP32", "[1,2]", "[1,2]"));
        assertThat(unknown.status().code()).isEqualTo(404);
        assertThat(error(unknown)).contains("Did you mean 'add'?");
        assertThat(server.post("/v2/models/add/versions/7/infer", x("FP32", "[1,2]", "[1,2]"))
                        .status()
                        .code())
                .isEqualTo(404);
    }

    @Test
    void aModelThatFailsIs500AndNamesItself() {
        AggregatedHttpResponse response = infer("table", x("INT64", "[1]", "[9]"));
        assertThat(response.status().code()).isEqualTo(500);
        assertThat(error(response)).contains("Model 'table' version '1' failed");
    }
}
