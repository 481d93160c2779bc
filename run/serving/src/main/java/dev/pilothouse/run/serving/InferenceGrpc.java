package dev.pilothouse.run.serving;

import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.GrpcRoute;
import dev.pilothouse.platform.http.RequestInfo;
import dev.pilothouse.run.openinference.Extensions;
import dev.pilothouse.run.openinference.GrpcTensors;
import dev.pilothouse.run.openinference.InferRequest;
import dev.pilothouse.run.openinference.InferResult;
import dev.pilothouse.run.openinference.ModelInfo;
import dev.pilothouse.run.openinference.ModelInfo.TensorSpec;
import dev.pilothouse.run.serving.Inference.Ask;
import inference.GRPCInferenceServiceGrpc;
import inference.ModelConfigRequest;
import inference.ModelConfigResponse;
import inference.ModelInferRequest;
import inference.ModelInferResponse;
import inference.ModelMetadataRequest;
import inference.ModelMetadataResponse;
import inference.ModelReadyRequest;
import inference.ModelReadyResponse;
import inference.ModelStreamInferResponse;
import inference.RepositoryIndexRequest;
import inference.RepositoryIndexResponse;
import inference.ServerLiveRequest;
import inference.ServerLiveResponse;
import inference.ServerMetadataRequest;
import inference.ServerMetadataResponse;
import inference.ServerReadyRequest;
import inference.ServerReadyResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Open Inference Protocol v2 over gRPC. Runs on the event loop and never blocks. */
public final class InferenceGrpc extends GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(InferenceGrpc.class);

    private final Endpoints endpoints;
    private final String serverVersion;

    /**
     * The service.
     *
     * @param serverVersion Pilothouse's version, for the server metadata
     */
    public InferenceGrpc(Endpoints endpoints, String serverVersion) {
        this.endpoints = endpoints;
        this.serverVersion = serverVersion;
    }

    /** The service as the edge takes it: health is open, metadata is any caller's, inference needs the role. */
    public GrpcRoute route() {
        return new GrpcRoute(
                "oip",
                this,
                Access.caller(),
                Map.of(
                        "ServerLive", Access.open(),
                        "ServerReady", Access.open(),
                        "ModelInfer", Access.role(Role.INVOKER),
                        "ModelStreamInfer", Access.role(Role.INVOKER)));
    }

    @Override
    public void serverLive(ServerLiveRequest request, StreamObserver<ServerLiveResponse> to) {
        answer(to, () -> ServerLiveResponse.newBuilder().setLive(true).build());
    }

    @Override
    public void serverReady(ServerReadyRequest request, StreamObserver<ServerReadyResponse> to) {
        answer(to, () -> ServerReadyResponse.newBuilder().setReady(true).build());
    }

    @Override
    public void serverMetadata(ServerMetadataRequest request, StreamObserver<ServerMetadataResponse> to) {
        answer(
                to,
                () -> ServerMetadataResponse.newBuilder()
                        .setName("pilothouse")
                        .setVersion(serverVersion)
                        .addAllExtensions(Extensions.OFFERED)
                        .build());
    }

    @Override
    public void modelReady(ModelReadyRequest request, StreamObserver<ModelReadyResponse> to) {
        answer(to, () -> {
            LiveEndpoint endpoint = endpoints.table().require(caller().tenant(), request.getName());
            if (!request.getVersion().isEmpty()) {
                RoutingTable.pinned(endpoint, request.getVersion());
            }
            return ModelReadyResponse.newBuilder().setReady(true).build();
        });
    }

    @Override
    public void modelMetadata(ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> to) {
        answer(to, () -> {
            LiveEndpoint endpoint = endpoints.table().require(caller().tenant(), request.getName());
            ModelInfo info = endpoint.info(request.getVersion());
            return ModelMetadataResponse.newBuilder()
                    .setName(request.getName())
                    .addAllVersions(
                            endpoint.all().map(LiveVariant::version).distinct().toList())
                    .setPlatform(info.platform())
                    .addAllInputs(specs(info.inputs()))
                    .addAllOutputs(specs(info.outputs()))
                    .build();
        });
    }

    @Override
    public void modelConfig(ModelConfigRequest request, StreamObserver<ModelConfigResponse> to) {
        answer(
                to,
                () -> ModelConfigs.message(
                        request.getName(),
                        endpoints
                                .table()
                                .require(caller().tenant(), request.getName())
                                .info(request.getVersion())));
    }

    private static List<ModelMetadataResponse.TensorMetadata> specs(List<TensorSpec> specs) {
        return specs.stream()
                .map(spec -> ModelMetadataResponse.TensorMetadata.newBuilder()
                        .setName(spec.name())
                        .setDatatype(spec.type().name())
                        .addAllShape(spec.shape())
                        .build())
                .toList();
    }

    @Override
    public void repositoryIndex(RepositoryIndexRequest request, StreamObserver<RepositoryIndexResponse> to) {
        answer(to, () -> {
            var index = RepositoryIndexResponse.newBuilder();
            for (LiveEndpoint endpoint : endpoints.table().of(caller().tenant())) {
                endpoint.all()
                        .map(LiveVariant::version)
                        .distinct()
                        .forEach(version -> index.addModelsBuilder()
                                .setName(endpoint.spec().name())
                                .setVersion(version)
                                .setState("READY"));
            }
            return index.build();
        });
    }

    @Override
    public void modelInfer(ModelInferRequest message, StreamObserver<ModelInferResponse> to) {
        infer(
                message,
                response -> {
                    to.onNext(response);
                    to.onCompleted();
                },
                to::onError);
    }

    @Override
    public StreamObserver<ModelInferRequest> modelStreamInfer(StreamObserver<ModelStreamInferResponse> to) {
        ServiceRequestContext context = ServiceRequestContext.current();
        // All answers are written on the call's event loop, so the counter needs no lock; it starts with the client's
        // side.
        var open = new AtomicInteger(1);
        Runnable leave = () -> {
            if (open.decrementAndGet() == 0) {
                to.onCompleted();
            }
        };
        return new StreamObserver<>() {
            @Override
            public void onNext(ModelInferRequest message) {
                open.incrementAndGet();
                Consumer<ModelStreamInferResponse> write = response -> {
                    to.onNext(response);
                    leave.run();
                };
                try (var _ = context.push()) {
                    infer(
                            message,
                            response -> write.accept(ModelStreamInferResponse.newBuilder()
                                    .setInferResponse(response)
                                    .build()),
                            failure -> write.accept(ModelStreamInferResponse.newBuilder()
                                    .setErrorMessage(
                                            String.valueOf(failure.getStatus().getDescription()))
                                    .setInferResponse(ModelInferResponse.newBuilder()
                                            .setId(message.getId())
                                            .setModelName(message.getModelName()))
                                    .build()));
                }
            }

            @Override
            public void onError(Throwable gone) {
                // The client left; what is in flight ends by itself.
            }

            @Override
            public void onCompleted() {
                leave.run();
            }
        };
    }

    private void infer(
            ModelInferRequest message, Consumer<ModelInferResponse> answered, Consumer<StatusRuntimeException> failed) {
        long started = System.nanoTime();
        ServiceRequestContext context = ServiceRequestContext.current();
        try {
            RequestInfo info = RequestInfo.of(context);
            InferRequest request = GrpcTensors.read(message);
            Executor executor = context.eventLoop();
            var ask = new Ask(
                    info.caller().tenant(),
                    message.getModelName(),
                    message.getModelVersion(),
                    info.requestId(),
                    info.trace().traceparent(),
                    context.request().headers().get("x-pilothouse-key", ""),
                    request,
                    started,
                    executor);
            var _ = endpoints.inference().infer(ask).thenAccept(outcome -> {
                LiveVariant variant = outcome.variant();
                InferResult result = outcome.result();
                if (variant != null && result != null) {
                    context.mutateAdditionalResponseHeaders(h -> h.set("x-pilothouse-version", variant.version()));
                    answered.accept(GrpcTensors.write(request, result, message.getModelName(), variant.version()));
                } else {
                    failed.accept(status(outcome.refusal()));
                }
            });
        } catch (RuntimeException e) {
            failed.accept(status(e));
        }
    }

    private static Caller caller() {
        return RequestInfo.of(ServiceRequestContext.current()).caller();
    }

    private static <T> void answer(StreamObserver<T> to, Supplier<T> message) {
        T value;
        try {
            value = message.get();
        } catch (RuntimeException e) {
            to.onError(status(e));
            return;
        }
        to.onNext(value);
        to.onCompleted();
    }

    private static StatusRuntimeException status(@org.jspecify.annotations.Nullable Throwable failure) {
        if (failure instanceof PilothouseException refusal) {
            Status status =
                    switch (refusal.code().status()) {
                        case 400, 422 -> Status.INVALID_ARGUMENT;
                        case 401 -> Status.UNAUTHENTICATED;
                        case 403 -> Status.PERMISSION_DENIED;
                        case 404 -> Status.NOT_FOUND;
                        case 413, 429 -> Status.RESOURCE_EXHAUSTED;
                        case 501 -> Status.UNIMPLEMENTED;
                        case 502, 503 -> Status.UNAVAILABLE;
                        case 504 -> Status.DEADLINE_EXCEEDED;
                        default -> Status.INTERNAL;
                    };
            return status.withDescription(refusal.detail()).asRuntimeException();
        }
        LOG.error("A gRPC inference call failed", failure);
        return Status.INTERNAL
                .withDescription("The call failed by a fault inside Pilothouse; see its log.")
                .asRuntimeException();
    }
}
