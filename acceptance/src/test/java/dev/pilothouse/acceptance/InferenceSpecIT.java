package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.acceptance.Client.Answer;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.testkit.OnnxBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The Open Inference Protocol v2 over REST, table by table, with its binary tensor extension. */
class InferenceSpecIT {
    private static final String JSON = "application/json";
    private static final String LENGTH = "inference-header-content-length";

    private static PackagedServer server;
    private static Client client;

    @BeforeAll
    static void start() {
        server = PackagedServer.start();
        client = server.client();
        client.serve("add", OnnxBytes.adding(1, 2));
        client.serve("text", OnnxBytes.identity(OnnxBytes.STRING, "n", "m"));
        client.serve("fraud", OnnxBytes.fraud());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Answer infer(String model, String body, String... headers) {
        return client.send("POST", "/v2/models/" + model + "/infer", JSON, bytes(body), headers);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String x(String type, String shape, String rest) {
        return "{\"name\":\"x\",\"datatype\":\"" + type + "\",\"shape\":" + shape + "," + rest + "}";
    }

    private static String ask(String... inputs) {
        return "{\"inputs\":[" + String.join(",", inputs) + "]}";
    }

    /** The protocol's error object: one member, which a person can read. */
    private static String refused(Answer answer, int status) {
        JsonNode body = answer.expect(status).json();
        assertThat(body.propertyNames()).as(answer.text()).containsExactly("error");
        assertThat(answer.header("content-type")).startsWith(JSON);
        assertThat(body.path("error").asString())
                .isNotBlank()
                .doesNotContain("Exception", "dev.pilothouse", "tools.jackson", "`", "Source:");
        return body.path("error").asString();
    }

    @Test
    void healthIsOpenAndSaysItsState() {
        Client stranger = client.as("");
        assertThat(stranger.get("/v2/health/live").expect(200).json()).isEqualTo(Json.parse("{\"live\":true}"));
        assertThat(stranger.get("/v2/health/ready").expect(200).json()).isEqualTo(Json.parse("{\"ready\":true}"));
        assertThat(stranger.send("HEAD", "/v2/health/ready", "", new byte[0])
                        .expect(200)
                        .bytes())
                .isEmpty();
        refused(stranger.get("/v2/models/add"), 401);
    }

    @Test
    void metadataHasTheTablesMembers() {
        JsonNode about = client.get("/v2").expect(200).json();
        assertThat(about.propertyNames()).containsExactly("name", "version", "extensions");
        for (String path : List.of("/v2/models/add", "/v2/models/add/versions/1", "/kserve/v2/models/add")) {
            JsonNode model = client.get(path).expect(200).json();
            assertThat(model.propertyNames()).containsExactly("name", "versions", "platform", "inputs", "outputs");
            assertThat(model.path("versions").toString()).isEqualTo("[\"1\"]");
            assertThat(model.at("/inputs/0").toString())
                    .isEqualTo("{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,2]}");
        }
        JsonNode config = client.get("/v2/models/fraud/config").expect(200).json();
        assertThat(config.at("/input/1").toString())
                .isEqualTo("{\"name\":\"channel\",\"data_type\":\"TYPE_STRING\",\"dims\":[-1,1]}");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v2/models/add/ready, 200",
        "GET, /v2/models/add/versions/1/ready, 200",
        "GET, /v2/models/none, 404",
        "GET, /v2/models/none/ready, 404",
        "GET, /v2/models/add/versions/9, 404",
        "GET, /v2/models/add/versions/9/ready, 404",
        "GET, /v2/models/add/infer, 405",
        "POST, /v2/models/add, 405",
        "DELETE, /v2/models/add/ready, 405",
        "GET, /v2/nothing, 404",
        "GET, /v2/models/add/nothing, 404",
        "POST, /v2/models/none/infer, 404",
        "POST, /v2/models/add/versions/9/infer, 404",
        "POST, /v2/models/add/infer, 400",
        "POST, /v2/repository/models/add/load, 501",
        "GET, /v2/systemsharedmemory/status, 501",
        "POST, /v2/cudasharedmemory/region/r/register, 501"
    })
    void everyPathAnswersWithItsStatus(String method, String path, int status) {
        byte[] body = path.endsWith("infer") && status == 404
                ? bytes(ask(x("FP32", "[1,2]", "\"data\":[1,2]")))
                : new byte[0];
        Answer answer = client.send(method, path, JSON, body);
        if (status < 300) {
            answer.expect(status);
        } else {
            refused(answer, status);
            assertThat(answer.header("allow").isEmpty()).isEqualTo(status != 405);
        }
    }

    @Test
    void anAnswerHasTheTablesMembers() {
        String inputs =
                "\"inputs\":[" + x("FP32", "[2,2]", "\"parameters\":{\"any\":[1]},\"data\":[[1,2],[3,4]]") + "]";
        JsonNode plain = infer("add", "{" + inputs + "}").expect(200).json();
        assertThat(plain.propertyNames()).containsExactly("model_name", "model_version", "outputs");
        JsonNode named = infer("add", "{\"id\":\"ü-1\",\"parameters\":{\"a\":1,\"b\":true}," + inputs + "}")
                .expect(200)
                .json();
        assertThat(named).isEqualTo(Json.parse("""
                {"model_name":"add","model_version":"1","id":"ü-1",
                 "outputs":[{"name":"y","datatype":"FP32","shape":[2,2],"data":[2.0,3.0,4.0,5.0]}]}"""));
        assertThat(client.post("/v2/models/add/versions/1/infer", "{" + inputs + "}")
                        .expect(200)
                        .header("x-pilothouse-version"))
                .isEqualTo("1");
        String fraud = "\"inputs\":[{\"name\":\"amount\",\"shape\":[1,1],\"datatype\":\"FP32\",\"data\":[3]},"
                + "{\"name\":\"channel\",\"shape\":[1,1],\"datatype\":\"BYTES\",\"data\":[\"web\"]}]";
        assertThat(infer(
                                "fraud",
                                "{" + fraud + ",\"outputs\":[{\"name\":\"probability_labels\"},{\"name\":\"label\"}]}")
                        .expect(200)
                        .json()
                        .path("outputs")
                        .findValuesAsString("name"))
                .containsExactly("probability_labels", "label");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/x-www-form-urlencoded",
                "application/octet-stream",
                "application/vnd.x+json"
            })
    void theMediaTypeDoesNotMatter(String type) {
        client.send("POST", "/v2/models/add/infer", type, bytes(ask(x("FP32", "[1,2]", "\"data\":[1,2]"))))
                .expect(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]}                 | JSON",
                "{\"inputs\":[],\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1]}]} | 2 elements",
                "{\"inputs\":{\"name\":\"x\"}}                                                                     | array",
                "{\"inputs\":[1]}                                                                                   | object",
                "{\"inputs\":[{\"name\":7,\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]}]}                  | '7'",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"fp32\",\"shape\":[1,2],\"data\":[1,2]}]}              | fp32",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1.0,2],\"data\":[1,2]}]}            | whole numbers",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":\"12\",\"data\":[1,2]}]}             | whole numbers",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,2],\"data\":[1,2]}]}             | dimension",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[4294967296,4294967296],\"data\":[]}]} | dimension",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[99999999999999999999],\"data\":[]}]} | whole numbers",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[65536,65536],\"data\":[]}]}         | smaller",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,1e400]}]}          | FP32",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,-Infinity]}]}      | JSON",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":7}]}                  | array",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":{\"0\":1}}]}          | array",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,{}]}]}             | number",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP16\",\"shape\":[1,2],\"data\":[1,2]}]}              | binary",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"parameters\":{\"shared_memory_region\":\"r\"}}]} | shared memory",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"parameters\":{\"binary_data_size\":-8}}]} | number of bytes",
                "{\"outputs\":[{\"name\":\"y\",\"parameters\":{\"classification\":3}}],\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]}]} | classification",
                "{\"outputs\":[{\"name\":\"z\"}],\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]}]} | 'y' FP32"
            })
    void aMalformedRequestIs400WithTheReason(String body, String words) {
        assertThat(refused(infer("add", body), 400)).contains(words);
    }

    @Test
    void immenseNestingNumbersAndRepetitionsAreRefused() {
        refused(infer("add", "[".repeat(100_000)), 400);
        refused(infer("add", "{\"inputs\":".repeat(5_000)), 400);
        refused(infer("add", "{\"a\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}"), 400);
        refused(infer("add", ask(x("FP32", "[1,2]", "\"data\":[1," + "9".repeat(5_000) + "]"))), 400);
        refused(
                infer("add", ask(x("FP32", "[1,2]", "\"parameters\":{\"binary_data_size\":" + "9".repeat(40) + "}"))),
                400);
        String one = x("FP32", "[1,2]", "\"data\":[1,2]");
        assertThat(refused(infer("add", ask(one, one)), 400)).contains("given twice");
        assertThat(refused(infer("add", ask(one, one.replace("\"x\"", "\"xx\""))), 400))
                .contains("Did you mean 'x'?");
    }

    @Test
    void rawTensorsAndJsonMix() {
        byte[] raw = floats(1, 2);
        String size = "\"parameters\":{\"binary_data_size\":8}";
        Answer toJson = binary("add", ask(x("FP32", "[1,2]", size)), raw);
        assertThat(toJson.expect(200).json().at("/outputs/0/data").toString()).isEqualTo("[2.0,3.0]");
        Answer all = binary(
                "add",
                "{\"parameters\":{\"binary_data_output\":true},"
                        + ask(x("FP32", "[1,2]", size)).substring(1),
                raw);
        assertThat(tail(all)).isEqualTo(floats(2, 3));
        Answer one = infer(
                "add",
                "{\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":true}}],"
                        + ask(x("FP32", "[1,2]", "\"data\":[1,2]")).substring(1));
        assertThat(tail(one)).isEqualTo(floats(2, 3));
        assertThat(one.header("content-type")).isEqualTo("application/octet-stream");
        String amount =
                "{\"name\":\"amount\",\"shape\":[1,1],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":4}}";
        String channel = "{\"name\":\"channel\",\"shape\":[1,1],\"datatype\":\"BYTES\",\"data\":[\"web\"]}";
        binary("fraud", ask(amount, channel), floats(3)).expect(200);
    }

    @Test
    void lengthsThatLieAreRefused() {
        String good = ask(x("FP32", "[1,2]", "\"parameters\":{\"binary_data_size\":8}"));
        for (String length :
                List.of("0", "-1", "x", "99999", "99999999999999999999", Integer.toString(good.length() - 1))) {
            refused(
                    client.send("POST", "/v2/models/add/infer", "", join(bytes(good), floats(1, 2)), LENGTH, length),
                    400);
        }
        refused(binary("add", good, floats(1)), 400);
        refused(binary("add", good, floats(1, 2, 3)), 400);
        refused(binary("add", good.replace(":8}", ":12}"), floats(1, 2, 3)), 400);
        refused(client.send("POST", "/v2/models/add/infer", "", join(bytes(good), floats(1, 2))), 400);
        int[][] prefixes = {{2, 1}, {-1, 0}, {Integer.MAX_VALUE, 0}, {0, 3}, {100, 0}, {1, Integer.MIN_VALUE}};
        for (int[] prefix : prefixes) {
            ByteBuffer raw = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN);
            raw.putInt(prefix[0]).put((byte) 'a').putInt(prefix[1]).put((byte) 'b');
            String text = ask(x("BYTES", "[1,2]", "\"parameters\":{\"binary_data_size\":10}"));
            assertThat(refused(binary("text", text, raw.array()), 400)).contains("4 little-endian bytes");
        }
    }

    @Test
    void bodiesMayBeCompressedBothWays() throws IOException {
        byte[] body = bytes(ask(x("FP32", "[500,2]", "\"data\":[1" + ",1".repeat(999) + "]")));
        var gzip = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(gzip)) {
            out.write(body);
        }
        var deflate = new ByteArrayOutputStream();
        try (var out = new DeflaterOutputStream(deflate)) {
            out.write(body);
        }
        String path = "/v2/models/add/infer";
        client.send("POST", path, JSON, deflate.toByteArray(), "content-encoding", "deflate")
                .expect(200);
        Answer answer = client.send(
                        "POST", path, JSON, gzip.toByteArray(), "content-encoding", "gzip", "accept-encoding", "gzip")
                .expect(200);
        assertThat(answer.header("content-encoding")).isEqualTo("gzip");
        try (var in = new GZIPInputStream(new java.io.ByteArrayInputStream(answer.bytes()))) {
            assertThat(Json.parse(in.readAllBytes()).at("/outputs/0/data")).hasSize(1000);
        }
        refused(
                client.send("POST", path, JSON, Arrays.copyOf(gzip.toByteArray(), 30), "content-encoding", "gzip"),
                400);
        refused(client.send("POST", path, JSON, body, "content-encoding", "gzip"), 400);
    }

    private static Answer binary(String model, String json, byte[] raw) {
        return client.send(
                "POST",
                "/v2/models/" + model + "/infer",
                "application/octet-stream",
                join(bytes(json), raw),
                LENGTH,
                Integer.toString(bytes(json).length));
    }

    private static byte[] tail(Answer answer) {
        int length = Integer.parseInt(answer.expect(200).header(LENGTH));
        return Arrays.copyOfRange(answer.bytes(), length, answer.bytes().length);
    }

    private static byte[] join(byte[] first, byte[] second) {
        var all = new ByteArrayOutputStream();
        try {
            all.write(first);
            all.write(second);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all.toByteArray();
    }

    private static byte[] floats(float... values) {
        ByteBuffer raw = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            raw.putFloat(value);
        }
        return raw.array();
    }
}
