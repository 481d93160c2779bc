package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.testkit.OnnxBytes;
import inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import inference.InferParameter;
import inference.InferTensorContents;
import inference.ModelInferRequest;
import inference.ModelInferRequest.InferInputTensor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * Random damage to good inference requests, by seed: every answer is a success or an error of the protocol, never a fault of
 * the server's own, and the server serves on. {@code -Dfuzz.seed=N} repeats a run, {@code -Dfuzz.requests=N} makes it longer.
 */
class InferenceFuzzIT {
    private static final long SEED = Long.getLong("fuzz.seed", System.nanoTime());
    private static final int REQUESTS = Integer.getInteger("fuzz.requests", 3_000);
    private static final Set<Integer> REST = Set.of(200, 400, 404, 413, 431);
    private static final Set<Status.Code> GRPC =
            EnumSet.of(Status.Code.INVALID_ARGUMENT, Status.Code.NOT_FOUND, Status.Code.RESOURCE_EXHAUSTED);
    private static final String[] PIECES = {
        "null",
        "true",
        "-0",
        "1e999",
        "9223372036854775808",
        "-1",
        "0.5",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "\"",
        "\\ud800",
        "\\u0000",
        "[[[[[[[[",
        "NaN",
        "\"x\"",
        "\"inputs\"",
        "\"outputs\"",
        "\"data\"",
        "\"shape\"",
        "\"datatype\"",
        "\"FP16\"",
        "\"BYTES\"",
        "\"UINT64\"",
        "\"parameters\":{\"binary_data_size\":4}",
        "\"binary_data_output\":true",
        "\ufeff",
        "//",
        "[0,0]",
        "[2147483647,2]",
        " "
    };
    private static final String[] TYPES = {"BOOL", "UINT8", "INT64", "FP16", "FP32", "FP64", "BYTES", "FP8", ""};
    private static final long[] SIZES = {
        -1, 0, 1, 2, 3, 1 << 16, Integer.MAX_VALUE, 1L << 32, Long.MIN_VALUE, Long.MAX_VALUE
    };

    private static PackagedServer server;
    private static Client client;

    private final Random random = new Random(SEED);

    @BeforeAll
    static void start() {
        System.out.println("fuzz: seed " + SEED + ", " + REQUESTS + " requests of each kind");
        server = PackagedServer.start();
        client = server.client();
        client.serve("x", OnnxBytes.adding(1, 2));
        client.serve("text", OnnxBytes.identity(OnnxBytes.STRING, "n", "m"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** A good body and where its JSON ends. */
    private record Good(String model, byte[] body, int json) {}

    private static List<Good> good() {
        byte[] floats = {0, 0, 0, 0, 0, 0, -128, 63};
        byte[] texts = {1, 0, 0, 0, 'a', 2, 0, 0, 0, 'b', 'c'};
        return List.of(
                json(
                        "x",
                        "{\"id\":\"f\",\"inputs\":[{\"name\":\"x\",\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":[1,2.5,-3e2,null]}]}"),
                json(
                        "text",
                        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"BYTES\",\"data\":[\"a\",\"\\u00fc\"]}],"
                                + "\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":true}}]}"),
                raw(
                        "x",
                        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":8}}],"
                                + "\"parameters\":{\"binary_data_output\":true}}",
                        floats),
                raw(
                        "text",
                        "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,1],\"datatype\":\"BYTES\",\"parameters\":{\"binary_data_size\":11}}]}",
                        texts));
    }

    private static Good json(String model, String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        return new Good(model, body, body.length);
    }

    private static Good raw(String model, String json, byte[] tail) {
        byte[] head = json.getBytes(StandardCharsets.UTF_8);
        return new Good(
                model,
                ByteBuffer.allocate(head.length + tail.length)
                        .put(head)
                        .put(tail)
                        .array(),
                head.length);
    }

    private byte[] damaged(byte[] body) {
        byte[] now = body;
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(now.length + 1);
            int to = Math.min(now.length, at + random.nextInt(12));
            now = switch (random.nextInt(5)) {
                case 0 -> splice(now, at, to, new byte[0]);
                case 1 -> splice(now, at, at, PIECES[random.nextInt(PIECES.length)].getBytes(StandardCharsets.UTF_8));
                case 2 -> splice(now, at, to, Arrays.copyOfRange(now, Math.min(at, to), to));
                case 3 -> splice(now, at, Math.min(now.length, at + 1), new byte[] {(byte) random.nextInt(256)});
                default -> {
                    // A whole number, exchanged: shapes, sizes, data.
                    int digit = at;
                    while (digit < now.length && (now[digit] < '0' || now[digit] > '9')) {
                        digit++;
                    }
                    String other = Long.toString(SIZES[random.nextInt(SIZES.length)]);
                    yield digit == now.length
                            ? now
                            : splice(now, digit, digit + 1, other.getBytes(StandardCharsets.UTF_8));
                }
            };
        }
        return now;
    }

    private static byte[] splice(byte[] in, int from, int to, byte[] with) {
        return ByteBuffer.allocate(in.length - (to - from) + with.length)
                .put(in, 0, from)
                .put(with)
                .put(in, to, in.length - to)
                .array();
    }

    @Test
    void damagedRestRequestsAreAnsweredInTheProtocolsShape() {
        List<Good> good = good();
        var seen = new TreeMap<Integer, Integer>();
        for (int i = 0; i < REQUESTS; i++) {
            Good from = good.get(random.nextInt(good.size()));
            byte[] body = damaged(from.body());
            boolean raw = from.json() < from.body().length;
            int length = random.nextInt(3) == 0 ? random.nextInt(body.length + 2) : from.json();
            String[] headers =
                    raw ? new String[] {"inference-header-content-length", Integer.toString(length)} : new String[0];
            Client.Answer answer =
                    client.send("POST", "/v2/models/" + from.model() + "/infer", "application/json", body, headers);
            String what = "seed " + SEED + ", request " + i + ": " + new String(body, StandardCharsets.ISO_8859_1);
            seen.merge(answer.status(), 1, Integer::sum);
            assertThat(REST).as(what + " -> " + answer.text()).contains(answer.status());
            if (answer.status() == 200) {
                String header = answer.header("inference-header-content-length");
                int end = header.isEmpty() ? answer.bytes().length : Integer.parseInt(header);
                JsonNode read = Json.parse(Arrays.copyOf(answer.bytes(), end));
                assertThat(read.path("model_name").asString()).as(what).isEqualTo(from.model());
            } else {
                assertThat(answer.json().path("error").asString())
                        .as(what)
                        .isNotBlank()
                        .doesNotContain("Exception", "dev.pilothouse", "tools.jackson");
            }
        }
        System.out.println("fuzz: REST " + seen);
        assertThat(seen).as("some damage is harmless, most is told").containsKeys(200, 400);
        stillServes();
    }

    @Test
    void damagedGrpcRequestsAreAnsweredWithTheProtocolsStatuses() {
        var stub = GrpcClients.builder("gproto+" + server.address())
                .responseTimeout(Duration.ofSeconds(60))
                .setHeader("authorization", "Bearer " + server.key())
                .build(GRPCInferenceServiceBlockingStub.class);
        var seen = new EnumMap<Status.Code, Integer>(Status.Code.class);
        for (int i = 0; i < REQUESTS; i++) {
            ModelInferRequest request =
                    random.nextBoolean() ? message() : reread(damaged(message().toByteArray()));
            Status status = Status.OK;
            try {
                stub.modelInfer(request);
            } catch (StatusRuntimeException e) {
                status = e.getStatus();
                assertThat(GRPC)
                        .as("seed " + SEED + ", request " + i + ": " + request + " -> " + status)
                        .contains(status.getCode());
                assertThat(status.getDescription()).isNotBlank().doesNotContain("Exception", "dev.pilothouse");
            }
            seen.merge(status.getCode(), 1, Integer::sum);
        }
        System.out.println("fuzz: gRPC " + seen);
        assertThat(seen).containsKeys(Status.Code.OK, Status.Code.INVALID_ARGUMENT);
        stillServes();
    }

    private static ModelInferRequest reread(byte[] bytes) {
        try {
            return ModelInferRequest.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            return e.getUnfinishedMessage() instanceof ModelInferRequest read
                    ? read
                    : ModelInferRequest.getDefaultInstance();
        }
    }

    /** Half good, half made of parts that do not fit. */
    private ModelInferRequest message() {
        boolean good = random.nextInt(4) == 0;
        var request = ModelInferRequest.newBuilder().setModelName(good || random.nextInt(20) > 0 ? "x" : "none");
        int inputs = good ? 1 : random.nextInt(3);
        boolean raw = random.nextBoolean();
        for (int i = 0; i < inputs; i++) {
            var input = InferInputTensor.newBuilder()
                    .setName(good || random.nextInt(6) > 0 ? "x" : "z")
                    .setDatatype(good || random.nextInt(3) > 0 ? "FP32" : TYPES[random.nextInt(TYPES.length)]);
            if (good) {
                input.addShape(1).addShape(2);
            } else {
                for (int d = random.nextInt(4); d > 0; d--) {
                    input.addShape(SIZES[random.nextInt(SIZES.length)]);
                }
            }
            if (random.nextInt(10) == 0) {
                input.putParameters(
                        "any", InferParameter.newBuilder().setInt64Param(-1).build());
            }
            if (raw) {
                request.addRawInputContents(
                        good ? ByteString.copyFrom(new byte[8]) : ByteString.copyFrom(new byte[random.nextInt(20)]));
            } else {
                var contents = InferTensorContents.newBuilder();
                for (int v = good ? 2 : random.nextInt(5); v > 0; v--) {
                    contents.addFp32Contents(random.nextFloat());
                }
                input.setContents(contents);
            }
            request.addInputs(input);
        }
        if (!good && random.nextInt(10) == 0) {
            request.setModelVersion("9").addRawInputContents(ByteString.EMPTY);
        }
        return request.build();
    }

    private static void stillServes() {
        String ask = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,2]}]}";
        JsonNode answer = client.post("/v2/models/x/infer", ask).expect(200).json();
        assertThat(answer.at("/outputs/0/data").toString()).isEqualTo("[2.0,3.0]");
        assertThat(client.get("/health/ready").status()).isEqualTo(200);
    }
}
