package dev.pilothouse.run.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.pilothouse.kernel.Buckets;
import dev.pilothouse.run.serving.EndpointSpec.Variant;
import dev.pilothouse.testkit.OnnxBytes;
import inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceStub;
import inference.InferParameter;
import inference.InferTensorContents;
import inference.ModelConfigRequest;
import inference.ModelInferRequest;
import inference.ModelInferRequest.InferInputTensor;
import inference.ModelInferResponse;
import inference.ModelMetadataRequest;
import inference.ModelReadyRequest;
import inference.ModelStreamInferResponse;
import inference.RepositoryIndexRequest;
import inference.ServerLiveRequest;
import inference.ServerMetadataRequest;
import inference.ServerReadyRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The protocol's gRPC side. */
class GrpcProtocolTest {
    private static ModelServer server;
    private static GRPCInferenceServiceBlockingStub client;

    @BeforeAll
    static void start() {
        server = new ModelServer()
                .serve("add", OnnxBytes.adding(1, 2))
                .serve("fraud", OnnxBytes.fraud())
                .serve("table", OnnxBytes.table(10, 20, 30));
        client = server.grpc(GRPCInferenceServiceBlockingStub.class);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static InferInputTensor.Builder x(String type, long... shape) {
        var input = InferInputTensor.newBuilder().setName("x").setDatatype(type);
        for (long dimension : shape) {
            input.addShape(dimension);
        }
        return input;
    }

    private static ByteString floats(float... values) {
        ByteBuffer raw = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            raw.putFloat(value);
        }
        return ByteString.copyFrom(raw.flip());
    }

    @Test
    void theServerIsLiveAndReadyAndTellsWhatItKnows() {
        assertThat(client.serverLive(ServerLiveRequest.getDefaultInstance()).getLive())
                .isTrue();
        assertThat(client.serverReady(ServerReadyRequest.getDefaultInstance()).getReady())
                .isTrue();
        assertThat(client.serverMetadata(ServerMetadataRequest.getDefaultInstance())
                        .getName())
                .isEqualTo("pilothouse");
        assertThat(client.modelReady(ModelReadyRequest.newBuilder()
                                .setName("add")
                                .setVersion("1")
                                .build())
                        .getReady())
                .isTrue();
        assertThat(client.repositoryIndex(RepositoryIndexRequest.getDefaultInstance())
                        .getModelsList())
                .anyMatch(m -> m.getName().equals("fraud") && m.getState().equals("READY"));
        var config = client.modelConfig(ModelConfigRequest.newBuilder()
                        .setName("fraud")
                        .setVersion("1")
                        .build())
                .getConfig();
        assertThat(config.getInput(1).getDataType()).isEqualTo(inference.DataType.TYPE_STRING);
        assertThat(config.getInput(1).getDimsList()).containsExactly(-1L, 1L);
        assertThat(config.getOutput(0).getName()).isEqualTo("label");
        var metadata = client.modelMetadata(
                ModelMetadataRequest.newBuilder().setName("fraud").build());
        assertThat(metadata.getInputs(1).getDatatype()).isEqualTo("BYTES");
        assertThat(metadata.getInputs(1).getShapeList()).containsExactly(-1L, 1L);
    }

    @Test
    void typedContentsAreAnsweredTyped() {
        ModelInferResponse response = client.modelInfer(ModelInferRequest.newBuilder()
                .setModelName("add")
                .setId("g-1")
                .addInputs(x("FP32", 1, 2)
                        .setContents(InferTensorContents.newBuilder()
                                .addFp32Contents(1)
                                .addFp32Contents(2)))
                .build());
        assertThat(response.getId()).isEqualTo("g-1");
        assertThat(response.getModelVersion()).isEqualTo("1");
        assertThat(response.getOutputs(0).getContents().getFp32ContentsList()).containsExactly(2f, 3f);
        assertThat(response.getRawOutputContentsCount()).isZero();
    }

    @Test
    void rawContentsAreAnsweredRaw() {
        ModelInferResponse response = client.modelInfer(ModelInferRequest.newBuilder()
                .setModelName("add")
                .addInputs(x("FP32", 1, 2))
                .addRawInputContents(floats(1, 2))
                .build());
        assertThat(response.getRawOutputContents(0)).isEqualTo(floats(2, 3));
        assertThat(response.getOutputs(0).hasContents()).isFalse();
    }

    @Test
    void textsAndZipMapsAreCarried() {
        ModelInferResponse response = client.modelInfer(ModelInferRequest.newBuilder()
                .setModelName("fraud")
                .addInputs(InferInputTensor.newBuilder()
                        .setName("amount")
                        .setDatatype("FP32")
                        .addShape(1)
                        .addShape(1)
                        .setContents(InferTensorContents.newBuilder().addFp32Contents(3)))
                .addInputs(InferInputTensor.newBuilder()
                        .setName("channel")
                        .setDatatype("BYTES")
                        .addShape(1)
                        .addShape(1)
                        .setContents(InferTensorContents.newBuilder().addBytesContents(ByteString.copyFromUtf8("web"))))
                .build());
        assertThat(response.getOutputs(0).getContents().getInt64ContentsList()).containsExactly(1L);
        assertThat(response.getOutputs(2).getContents().getBytesContentsList())
                .containsExactly(ByteString.copyFromUtf8("fine"), ByteString.copyFromUtf8("fraud"));
    }

    @Test
    void aRoutingKeyIsAParameter() {
        server.endpoints
                .apply(ModelServer.spec(
                        "split",
                        new Variant("1", server.onnx(OnnxBytes.adding(1, 2)), 500),
                        new Variant("2", server.onnx(OnnxBytes.adding(2, 2)), 500)))
                .join();
        for (int i = 0; i < 50; i++) {
            String key = "customer-" + i;
            ModelInferResponse response = client.modelInfer(ModelInferRequest.newBuilder()
                    .setModelName("split")
                    .putParameters(
                            "routing_key",
                            InferParameter.newBuilder().setStringParam(key).build())
                    .addInputs(x("FP32", 1, 2))
                    .addRawInputContents(floats(0, 0))
                    .build());
            assertThat(response.getModelVersion()).isEqualTo(Buckets.of(key, "r1") < 500 ? "2" : "1");
            assertThat(response.getRawOutputContents(0))
                    .isEqualTo(response.getModelVersion().equals("2") ? floats(2, 2) : floats(1, 1));
        }
    }

    @Test
    void refusalsCarryTheProtocolsCodes() {
        var wrongShape = ModelInferRequest.newBuilder()
                .setModelName("add")
                .addInputs(x("FP32", 1, 3))
                .addRawInputContents(floats(1, 2, 3))
                .build();
        assertRefused(wrongShape, Status.Code.INVALID_ARGUMENT, "shape [-1, 2]");
        assertRefused(
                wrongShape.toBuilder().setRawInputContents(0, floats(1)).build(),
                Status.Code.INVALID_ARGUMENT,
                "needs 12 bytes");
        assertRefused(wrongShape.toBuilder().setModelName("none").build(), Status.Code.NOT_FOUND, "no model 'none'");
        assertRefused(
                ModelInferRequest.newBuilder().setModelName("add").build(),
                Status.Code.INVALID_ARGUMENT,
                "no 'inputs'");
        assertRefused(
                ModelInferRequest.newBuilder()
                        .setModelName("table")
                        .addInputs(x("INT64", 1)
                                .setContents(InferTensorContents.newBuilder().addInt64Contents(7)))
                        .build(),
                Status.Code.INTERNAL,
                "failed on this request");
    }

    @Test
    void extensionsThatAreNotOfferedAreRefusedWithWhatToDo() {
        var parameter = InferParameter.newBuilder().setStringParam("r").build();
        var shared = ModelInferRequest.newBuilder()
                .setModelName("add")
                .addInputs(x("FP32", 1, 2).putParameters("shared_memory_region", parameter))
                .build();
        assertRefused(shared, Status.Code.INVALID_ARGUMENT, "shared memory");
        var classes = ModelInferRequest.newBuilder()
                .setModelName("add")
                .addInputs(x("FP32", 1, 2))
                .addRawInputContents(floats(1, 2))
                .addOutputs(ModelInferRequest.InferRequestedOutputTensor.newBuilder()
                        .setName("y")
                        .putParameters("classification", parameter))
                .build();
        assertRefused(classes, Status.Code.INVALID_ARGUMENT, "classification");
    }

    private static void assertRefused(ModelInferRequest request, Status.Code code, String words) {
        assertThatThrownBy(() -> client.modelInfer(request)).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            assertThat(e.getStatus().getCode()).isEqualTo(code);
            assertThat(e.getStatus().getDescription()).contains(words);
        });
    }

    @Test
    void aStreamAnswersEachRequestAndSaysWhichFailed() {
        GRPCInferenceServiceStub streaming = server.grpc(GRPCInferenceServiceStub.class);
        List<ModelStreamInferResponse> answers = new CopyOnWriteArrayList<>();
        var done = new CompletableFuture<Void>();
        StreamObserver<ModelInferRequest> requests = streaming.modelStreamInfer(new StreamObserver<>() {
            @Override
            public void onNext(ModelStreamInferResponse answer) {
                answers.add(answer);
            }

            @Override
            public void onError(Throwable failure) {
                done.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {
                done.complete(null);
            }
        });
        for (int i = 0; i < 20; i++) {
            requests.onNext(ModelInferRequest.newBuilder()
                    .setModelName(i == 7 ? "none" : "add")
                    .setId("s" + i)
                    .addInputs(x("FP32", 1, 2))
                    .addRawInputContents(floats(i, i))
                    .build());
        }
        requests.onCompleted();
        done.join();
        assertThat(answers).hasSize(20);
        assertThat(answers)
                .filteredOn(a -> !a.getErrorMessage().isEmpty())
                .singleElement()
                .satisfies(a -> {
                    assertThat(a.getErrorMessage()).contains("no model 'none'");
                    assertThat(a.getInferResponse().getId()).isEqualTo("s7");
                });
    }
}
