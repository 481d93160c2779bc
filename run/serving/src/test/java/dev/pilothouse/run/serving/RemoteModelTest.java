package dev.pilothouse.run.serving;

import static dev.pilothouse.run.serving.ModelServer.error;
import static dev.pilothouse.run.serving.ModelServer.json;
import static dev.pilothouse.run.serving.ModelServer.spec;
import static dev.pilothouse.run.serving.ModelServer.x;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import dev.pilothouse.run.serving.EndpointSpec.Variant;
import dev.pilothouse.testkit.OnnxBytes;
import inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import inference.InferTensorContents;
import inference.ModelInferRequest;
import io.micrometer.core.instrument.Timer;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A model behind another server of the protocol. */
class RemoteModelTest {
    private static final ModelServer behind = new ModelServer().serve("inner", OnnxBytes.adding(1, 2));
    private static final ModelServer server = new ModelServer();

    @AfterEach
    void clear() {
        server.clear();
    }

    @AfterAll
    static void stop() {
        server.close();
        behind.close();
    }

    private static URI withKey() {
        return withKey(behind);
    }

    private static URI withKey(ModelServer of) {
        return URI.create(of.uri().toString().replace("//", "//key:" + ModelServer.KEY + "@"));
    }

    private void serveRemote() {
        server.endpoints
                .apply(spec("m", new Variant("7", new ModelSource.Remote(withKey(), "inner"), 1_000)))
                .join();
    }

    @Test
    void answersCarryOurNamesAndItsNumbers() {
        serveRemote();
        AggregatedHttpResponse response =
                server.post("/v2/models/m/infer", x("FP32", "[1,2]", "[1,2]").replaceFirst("\\{", "{\"id\":\"i\","));
        JsonNode body = json(response);
        assertThat(body.path("model_name").asString()).isEqualTo("m");
        assertThat(body.path("model_version").asString()).isEqualTo("7");
        assertThat(body.path("id").asString()).isEqualTo("i");
        assertThat(body.at("/outputs/0/data").toString()).isEqualTo("[2.0,3.0]");
        assertThat(json(server.get("/v2/models/m")).at("/inputs/0/datatype").asString())
                .isEqualTo("FP32");
    }

    @Test
    void binaryTensorsPassThrough() {
        serveRemote();
        AggregatedHttpResponse response = server.post(
                "/v2/models/m/infer",
                x("FP32", "[1,2]", "[1,2]").replaceFirst("\\{", "{\"parameters\":{\"binary_data_output\":true},"));
        int jsonLength = response.headers().getInt("inference-header-content-length", -1);
        assertThat(response.content().length() - jsonLength).isEqualTo(8);
        assertThat(response.content().array()).endsWith(0, 0, 0, 64, 0, 0, 64, 64);
    }

    @Test
    void grpcIsTranslated() {
        serveRemote();
        var client = server.grpc(GRPCInferenceServiceBlockingStub.class);
        var response = client.modelInfer(ModelInferRequest.newBuilder()
                .setModelName("m")
                .addInputs(ModelInferRequest.InferInputTensor.newBuilder()
                        .setName("x")
                        .setDatatype("FP32")
                        .addShape(1)
                        .addShape(2)
                        .setContents(InferTensorContents.newBuilder()
                                .addFp32Contents(1)
                                .addFp32Contents(2)))
                .build());
        assertThat(response.getModelVersion()).isEqualTo("7");
        assertThat(response.getOutputs(0).getContents().getFp32ContentsList()).containsExactly(2f, 3f);
    }

    @Test
    void itsRefusalsAreTheClientsAndItsAbsenceIsAnError() {
        var other = new ModelServer().serve("inner", OnnxBytes.adding(1, 2));
        server.endpoints
                .apply(spec("m", new Variant("7", new ModelSource.Remote(withKey(other), "inner"), 1_000)))
                .join();
        AggregatedHttpResponse refused = server.post("/v2/models/m/infer", x("FP32", "[1,3]", "[1,2,3]"));
        assertThat(refused.status().code()).isEqualTo(400);
        assertThat(error(refused)).contains("shape [-1, 2]");
        assertThat(server.endpoints.takeCounts()).isEmpty();
        other.close();
        AggregatedHttpResponse gone = server.post("/v2/models/m/infer", x("FP32", "[1,2]", "[1,2]"));
        assertThat(gone.status().code()).isIn(502, 503);
        assertThat(error(gone)).contains("Model 'm' version '7'");
        List<OutcomeCount> counts = server.endpoints.takeCounts();
        assertThat(counts).singleElement().satisfies(c -> assertThat(c.errors()).isEqualTo(1));
    }

    @Test
    void equalServersShareTheRequestsAndOneThatIsLostLosesNone() {
        var twin = new ModelServer().serve("inner", OnnxBytes.adding(1, 2));
        var both = new ModelSource.Remote(List.of(withKey(), withKey(twin)), "inner");
        server.endpoints.apply(spec("m", new Variant("7", both, 1_000))).join();
        long before = answered(behind);
        for (int i = 0; i < 20; i++) {
            assertThat(ask().status().code()).isEqualTo(200);
        }
        assertThat(answered(behind) - before).isEqualTo(10);
        assertThat(answered(twin)).isEqualTo(10);
        twin.close();
        for (int i = 0; i < 20; i++) {
            assertThat(ask().status().code()).isEqualTo(200);
        }
        assertThat(answered(behind) - before).isEqualTo(30);
    }

    private static AggregatedHttpResponse ask() {
        return server.post("/v2/models/m/infer", x("FP32", "[1,2]", "[1,2]"));
    }

    private static long answered(ModelServer of) {
        return of.meters.find("pilothouse.inference").tag("outcome", "answered").timers().stream()
                .mapToLong(Timer::count)
                .sum();
    }

    @Test
    void oneOfSeveralServersIsEnoughToBeTakenIn() {
        var half = new ModelSource.Remote(List.of(URI.create("http://127.0.0.1:1"), withKey()), "inner");
        server.endpoints.apply(spec("m", new Variant("7", half, 1_000))).join();
        assertThat(ask().status().code()).isEqualTo(200);
    }

    @Test
    void anEndpointThatIsOnItsWayIsNotReadyAndNotUnknown() {
        assertThat(ask().status().code()).isEqualTo(404);
        server.endpoints.expect(ModelServer.TENANT, "m");
        AggregatedHttpResponse early = ask();
        assertThat(early.status().code()).isEqualTo(503);
        assertThat(error(early)).contains("'m' is being started");
        assertThat(server.get("/v2/models/m/ready").status().code()).isEqualTo(503);
        serveRemote();
        assertThat(ask().status().code()).isEqualTo(200);
        server.endpoints.remove(ModelServer.TENANT, "m").join();
        assertThat(ask().status().code()).isEqualTo(404);
    }

    @Test
    void aServerThatIsNotThereIsNotTakenIn() {
        var nowhere = new ModelSource.Remote(URI.create("http://127.0.0.1:1"), "inner");
        assertThatThrownBy(() -> server.endpoints
                        .apply(spec("m", new Variant("1", nowhere, 1_000)))
                        .join())
                .hasMessageContaining("cannot be reached");
        var other = new ModelSource.Remote(withKey(), "other");
        assertThatThrownBy(() -> server.endpoints
                        .apply(spec("m", new Variant("1", other, 1_000)))
                        .join())
                .hasMessageContaining("is not ready");
    }
}
