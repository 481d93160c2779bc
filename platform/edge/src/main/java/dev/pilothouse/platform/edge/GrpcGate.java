package dev.pilothouse.platform.edge;

import com.linecorp.armeria.common.ExchangeType;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.RequestContext;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.common.grpc.GrpcSerializationFormats;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.RoutingContext;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.SimpleDecoratingHttpService;
import com.linecorp.armeria.server.grpc.GrpcService;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.GrpcRoute;
import dev.pilothouse.platform.http.RequestInfo;
import io.grpc.Decompressor;
import io.grpc.DecompressorRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** What every gRPC method gets before it runs: id, trace, caller, timing; refusals as gRPC statuses. */
final class GrpcGate extends SimpleDecoratingHttpService {
    private record Method(Access access, boolean streams, Meters.Operation meters) {}

    /** Encodings of messages that clients may use; deflate, which grpc-java lacks, is what Triton's client offers beside gzip. */
    static final DecompressorRegistry DECOMPRESSORS =
            DecompressorRegistry.getDefaultInstance().with(new Deflate(), true);

    private record Deflate() implements Decompressor {
        @Override
        public String getMessageEncoding() {
            return "deflate";
        }

        @Override
        public InputStream decompress(InputStream in) {
            return new InflaterInputStream(in);
        }
    }

    /**
     * The services behind the gate, made when they are first needed: their builder generates code that writes errors as JSON, though
     * nothing here asks for any, which takes as long as a sixth of a server's start.
     */
    private static final class Services implements HttpService {
        /** Reflection makes all services when one is made. */
        private static final Object MAKING = new Object();

        private final Supplier<GrpcService> maker;
        private volatile @Nullable ServiceConfig config;
        /** Makes known what was made while others are told of it. */
        private @Nullable GrpcService begun;

        private volatile @Nullable GrpcService made;

        Services(Supplier<GrpcService> maker) {
            this.maker = maker;
        }

        GrpcService made() {
            GrpcService there = made;
            if (there != null) {
                return there;
            }
            synchronized (MAKING) {
                if (begun != null) {
                    return begun;
                }
                GrpcService fresh = maker.get();
                begun = fresh;
                try {
                    fresh.serviceAdded(Objects.requireNonNull(config, "the server is not built yet"));
                } catch (Exception e) {
                    begun = null;
                    throw new IllegalStateException("gRPC's services cannot be served", e);
                }
                made = fresh;
                return fresh;
            }
        }

        @Override
        public void serviceAdded(ServiceConfig served) {
            config = served;
        }

        @Override
        public HttpResponse serve(ServiceRequestContext context, HttpRequest request) throws Exception {
            return made().serve(context, request);
        }

        @Override
        public ExchangeType exchangeType(RoutingContext context) {
            return made().exchangeType(context);
        }

        /** Armeria looks for gRPC's services by their class, and for others that these are not. */
        @Override
        public <T> @Nullable T as(Class<T> type) {
            return GrpcService.class.isAssignableFrom(type) ? made().as(type) : HttpService.super.as(type);
        }
    }

    private final Gate gate;
    private final Arrivals arrivals;
    private final Services services;
    private final Map<String, Method> methods = new HashMap<>();

    /**
     * A gate.
     *
     * @param maxMessage largest message in bytes
     */
    GrpcGate(List<GrpcRoute> routes, int maxMessage, Gate gate, Arrivals arrivals, Meters meters) {
        this(new Services(() -> services(routes, maxMessage)), routes, gate, arrivals, meters);
    }

    private GrpcGate(Services services, List<GrpcRoute> routes, Gate gate, Arrivals arrivals, Meters meters) {
        super(services);
        this.services = services;
        this.gate = gate;
        this.arrivals = arrivals;
        for (GrpcRoute route : routes) {
            for (var method : route.service().bindService().getMethods()) {
                var descriptor = method.getMethodDescriptor();
                String bare = String.valueOf(descriptor.getBareMethodName());
                methods.put(
                        "/" + descriptor.getFullMethodName(),
                        new Method(
                                route.exceptions().getOrDefault(bare, route.access()),
                                descriptor.getType() != MethodDescriptor.MethodType.UNARY,
                                meters.operation(route.protocol(), bare)));
            }
        }
    }

    private static GrpcService services(List<GrpcRoute> routes, int maxMessage) {
        var builder = GrpcService.builder()
                .supportedSerializationFormats(GrpcSerializationFormats.PROTO)
                .enableUnframedRequests(false)
                .decompressorRegistry(DECOMPRESSORS)
                .maxRequestMessageLength(maxMessage)
                .maxResponseMessageLength(maxMessage)
                .exceptionHandler(GrpcGate::map);
        routes.forEach(route -> builder.addService(route.service()));
        return builder.build();
    }

    /** Paths of its methods. */
    Set<String> paths() {
        return Set.copyOf(methods.keySet());
    }

    /** Makes what the first call would wait for. */
    void prepare() {
        services.made();
    }

    @Override
    public HttpResponse serve(ServiceRequestContext context, HttpRequest request) throws Exception {
        Method method = methods.get(context.path());
        RequestInfo info = arrivals.greet(context, request.headers(), method != null && method.streams());
        if (method == null) {
            return refuse(Status.UNIMPLEMENTED.withDescription("There is no method " + context.path()), _ -> {});
        }
        String encoding = request.headers().get("grpc-encoding", "identity");
        if (DECOMPRESSORS.lookupDecompressor(encoding) == null) {
            return refuse(
                    Status.UNIMPLEMENTED.withDescription("Messages are compressed by '" + encoding
                            + "', which is not known here; use gzip, deflate or none."),
                    _ -> {});
        }
        method.meters().watch(context);
        if (method.streams()) {
            context.clearRequestTimeout();
        }
        CompletableFuture<Caller> admitted = gate.admit(method.access(), context, request.headers());
        if (admitted.isDone() && !admitted.isCompletedExceptionally()) {
            info.as(admitted.join()).attach(context);
            return unwrap().serve(context, request);
        }
        return HttpResponse.of(admitted.handleAsync(
                (caller, thrown) -> {
                    if (thrown != null) {
                        return refuse(thrown, info, context.path());
                    }
                    info.as(caller).attach(context);
                    try {
                        return unwrap().serve(context, request);
                    } catch (Exception e) {
                        return refuse(e, info, context.path());
                    }
                },
                context.eventLoop()));
    }

    /** The status of what a service threw; faults of our own say no more than their request id. */
    static Status map(RequestContext context, Status status, Throwable cause, Metadata metadata) {
        Throwable peeled = Refusals.peel(cause);
        boolean ours = peeled instanceof PilothouseException || status.getCode() == Status.Code.UNKNOWN;
        if (ours && context instanceof ServiceRequestContext service) {
            return status(peeled, RequestInfo.of(service), service.path());
        }
        return status;
    }

    private static Status status(Throwable thrown, RequestInfo info, String path) {
        PilothouseException refusal = Refusals.of(thrown, Long.MAX_VALUE, true);
        EdgeErrors.log(refusal, thrown, info, path);
        Status.Code code =
                switch (refusal.code().status()) {
                    case 400, 415, 422 -> Status.Code.INVALID_ARGUMENT;
                    case 401 -> Status.Code.UNAUTHENTICATED;
                    case 403 -> Status.Code.PERMISSION_DENIED;
                    case 404 -> Status.Code.NOT_FOUND;
                    case 409 -> Status.Code.ABORTED;
                    case 412 -> Status.Code.FAILED_PRECONDITION;
                    case 413, 429, 507 -> Status.Code.RESOURCE_EXHAUSTED;
                    case 501 -> Status.Code.UNIMPLEMENTED;
                    case 503 -> Status.Code.UNAVAILABLE;
                    case 408, 504 -> Status.Code.DEADLINE_EXCEEDED;
                    default -> Status.Code.INTERNAL;
                };
        return code.toStatus().withDescription(refusal.detail());
    }

    /** A refusal that says when to come back, where it knows, also in the way that gRPC's own retries read. */
    private static HttpResponse refuse(Throwable thrown, RequestInfo info, String path) {
        return refuse(status(thrown, info, path), headers -> {
            if (Refusals.peel(thrown) instanceof PilothouseException refusal
                    && refusal.retryAfter().isPresent()) {
                long seconds = Refusals.retrySeconds(refusal);
                headers.add("retry-after", String.valueOf(seconds));
                headers.add("grpc-retry-pushback-ms", String.valueOf(seconds * 1000));
            }
        });
    }

    /** Trailers only: an empty frame of data before the end makes clients built on gRPC's C core report a broken stream. */
    private static HttpResponse refuse(Status status, Consumer<ResponseHeadersBuilder> more) {
        String description = status.getDescription() == null ? "" : status.getDescription();
        var headers = ResponseHeaders.builder(HttpStatus.OK)
                .add("content-type", "application/grpc")
                .add("grpc-status", String.valueOf(status.getCode().value()))
                .add(
                        "grpc-message",
                        URLEncoder.encode(description, StandardCharsets.UTF_8).replace("+", "%20"));
        more.accept(headers);
        return HttpResponse.of(headers.endOfStream(true).build());
    }
}
