package dev.pilothouse.platform.edge;

import com.linecorp.armeria.common.Flags;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.TlsKeyPair;
import com.linecorp.armeria.common.util.BlockingTaskExecutor;
import com.linecorp.armeria.common.util.EventLoopGroups;
import com.linecorp.armeria.common.util.ThreadFactories;
import com.linecorp.armeria.server.GracefulShutdown;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.encoding.EncodingService;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.platform.edge.connection.GatheredWrites;
import dev.pilothouse.platform.edge.connection.StagedClose;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Authenticator;
import dev.pilothouse.platform.http.GrpcRoute;
import dev.pilothouse.platform.http.Handler;
import dev.pilothouse.platform.http.HealthCheck;
import dev.pilothouse.platform.http.RequestInfo;
import dev.pilothouse.platform.http.Route;
import dev.pilothouse.platform.http.RouteTable;
import io.grpc.BindableService;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Front door of the edge: the running HTTP server. Thread-safe. */
public final class Edge implements AutoCloseable {
    private static final int COMPRESS_FROM = 1024;
    /** How long a client may go on sending a body that is already answered, before its stream is reset. */
    private static final Duration BODY_AFTER_ANSWER = Duration.ofSeconds(2);

    static {
        // Every 128th buffer would otherwise record where it was taken and given back.
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    }

    private final EdgeConfig config;
    private final Server server;
    private final int port;
    private final HealthRoutes health;
    private final EventStreams events;
    private final VirtualThreads threads;
    private final List<GrpcGate> grpc;

    private Edge(
            EdgeConfig config,
            Server server,
            HealthRoutes health,
            EventStreams events,
            VirtualThreads threads,
            List<GrpcGate> grpc) {
        this.config = config;
        this.server = server;
        this.port = server.activePorts().values().stream()
                .map(p -> p.localAddress().getPort())
                .filter(p -> !config.aliases().contains(p))
                .findFirst()
                .orElseThrow();
        this.health = health;
        this.events = events;
        this.threads = threads;
        this.grpc = grpc;
    }

    /**
     * Unpacks and loads the native libraries beneath the edge. {@link #start} needs nobody to have called it; a program that calls
     * it on a thread beside what else it starts with is ready sooner.
     */
    public static void loadLibraries() {
        Flags.transportType();
        Flags.tlsEngineType();
    }

    /** Makes what the first call of gRPC would wait for, some tenths of a second; for a program that is ready and has time. */
    public void prepareGrpc() {
        grpc.forEach(GrpcGate::prepare);
    }

    /** Starts with no gRPC, no health checks of modules, and idempotent answers kept in memory for a day. */
    public static Edge start(EdgeConfig config, RouteTable routes, Authenticator authenticator) {
        return start(
                config,
                routes,
                authenticator,
                List.of(),
                Map.of(),
                IdempotentReplies.inMemory(InstantSource.system(), Duration.ofHours(24), 10_000),
                new Meters());
    }

    /**
     * Listens, once every route is bound.
     *
     * @param routes the map of routes; the edge adds its own {@code /health}, {@code /health/ready} and {@code /metrics}
     * @param authenticator knows the keys
     * @param grpc gRPC services on the same port; server reflection is added for any authenticated caller
     * @param checks what {@code /health/ready} asks, by name
     * @param replies remembers answers by Idempotency-Key
     * @param meters the meters that {@code /metrics} shows; the edge adds the requests' and closes none
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#CONFLICT} where a port is taken, {@link
     *     CommonError#INVALID} where the certificate cannot be read
     */
    public static Edge start(
            EdgeConfig config,
            RouteTable routes,
            Authenticator authenticator,
            List<GrpcRoute> grpc,
            Map<String, HealthCheck> checks,
            IdempotentReplies replies,
            Meters meters) {
        var health = new HealthRoutes(checks, meters);
        health.addTo(routes);
        var events = new EventStreams(config.eventKeepAlive());
        var threads = new VirtualThreads();
        var arrivals = new Arrivals(Ids.secure(InstantSource.system()), new TrustedProxies(config.trustedProxies()));
        var gate = new Gate(authenticator);
        ServerBuilder builder = Server.builder();
        listen(builder, config);
        limit(builder, config);
        builder.bossGroupFactory(name -> Loops.named(name, 1));
        // As many as cores: with more, they take turns on them, which a client sees as slow answers.
        int loops = Math.max(2, Runtime.getRuntime().availableProcessors());
        builder.workerGroup(Loops.named("edge", loops), true);
        builder.blockingTaskExecutor(BlockingTaskExecutor.of(threads), false);
        builder.errorHandler(new EdgeErrors(routes, arrivals));
        var encoding = encoding();
        for (Route route : routes.routes()) {
            HttpService answering =
                    switch (route.handler()) {
                        case Handler.Blocking blocking ->
                            new BlockingCalls(route, blocking, threads, events, gate, replies);
                        case Handler.Raw raw ->
                            (context, request) -> raw.handle(
                                    context, request, RequestInfo.of(context).caller());
                    };
            var service = new RouteService(
                    route, gate, arrivals, meters.operation(route.protocol(), route.operation()), answering);
            bind(builder, routes, route, service.decorate(encoding));
        }
        List<GrpcGate> gates = grpc.isEmpty() ? List.of() : bindGrpc(builder, config, grpc, gate, arrivals, meters);
        EarlyRefusals.serve(builder);
        builder.serviceUnder(
                "/", new Fallback(routes, arrivals, meters.operation("edge", "unknown")).decorate(encoding));
        try {
            Server server = builder.build();
            server.start().join();
            meters.registry().gauge("http.server.connections", server, Server::numConnections);
            return new Edge(config, server, health, events, threads, gates);
        } catch (CompletionException | IllegalStateException e) {
            threads.shutdownNow();
            if (Refusals.peel(e) instanceof IOException) {
                throw CommonError.CONFLICT.because(
                        "Cannot listen on " + config.bind() + " port " + config.port()
                                + ": another program has it, or the address is not this machine's. Stop that program, or"
                                + " choose another http.port or http.bind.",
                        e);
            }
            throw e;
        }
    }

    private static void listen(ServerBuilder builder, EdgeConfig config) {
        var ports = new ArrayList<Integer>();
        ports.add(config.port());
        ports.addAll(config.aliases());
        SessionProtocol protocol = config.tls().isPresent() ? SessionProtocol.HTTPS : SessionProtocol.HTTP;
        for (int port : ports) {
            builder.port(new InetSocketAddress(config.bind(), port), protocol);
        }
        config.tls().ifPresent(tls -> {
            try {
                builder.tls(TlsKeyPair.of(tls.key().toFile(), tls.certificates().toFile()));
            } catch (IllegalArgumentException e) {
                throw CommonError.INVALID.because(
                        "The certificate " + tls.certificates() + " or its key " + tls.key()
                                + " cannot be read. Both must be PEM files, the key PKCS#8 and not encrypted.",
                        e);
            }
        });
    }

    private static void limit(ServerBuilder builder, EdgeConfig config) {
        builder.childChannelPipelineCustomizer(pipeline -> {
            EarlyRefusals.watch(pipeline, config.tls().isPresent());
            pipeline.addFirst(new GatheredWrites());
            pipeline.addFirst(new StagedClose());
            pipeline.addFirst(new ConnectionWatch(config.patience()));
        });
        builder.requestTimeout(config.requestTimeout())
                .idleTimeout(config.idleTimeout())
                .maxNumConnections(config.maxConnections())
                .maxRequestLength(0)
                .requestAutoAbortDelay(BODY_AFTER_ANSWER)
                .http1MaxInitialLineLength(16 << 10)
                .http1MaxHeaderSize(32 << 10)
                .http2MaxHeaderListSize(32 << 10)
                .http2MaxStreamsPerConnection(1024)
                .unloggedExceptionsReportInterval(Duration.ZERO)
                .meterRegistry(new CompositeMeterRegistry())
                .disableServerHeader()
                .gracefulShutdown(GracefulShutdown.builder()
                        .quietPeriodMillis(20)
                        .timeout(config.drainTimeout().plusMillis(20))
                        .toExceptionFunction((_, _) ->
                                EdgeError.SHUTTING_DOWN.because("The server is stopping. Try again in a moment."))
                        .build());
    }

    private static Function<? super HttpService, EncodingService> encoding() {
        return EncodingService.builder()
                .minBytesToForceChunkedEncoding(COMPRESS_FROM)
                .encodableContentTypes(type -> !type.is(MediaType.EVENT_STREAM)
                        && (type.is(MediaType.ANY_TEXT_TYPE)
                                || type.subtype().equals("json")
                                || type.subtype().endsWith("+json")
                                || type.subtype().endsWith("javascript")))
                .newDecorator();
    }

    private static void bind(ServerBuilder builder, RouteTable table, Route route, HttpService service) {
        Set<HttpMethod> methods = EnumSet.of(HttpMethod.valueOf(route.method()));
        for (String prefix : route.prefixes()) {
            String path = prefix + route.path();
            boolean headToo = route.method().equals("GET") && !table.hasHead(path);
            var all = EnumSet.copyOf(methods);
            if (headToo) {
                all.add(HttpMethod.HEAD);
            }
            builder.route().path(path).methods(all).build(service);
        }
    }

    private static List<GrpcGate> bindGrpc(
            ServerBuilder builder,
            EdgeConfig config,
            List<GrpcRoute> grpc,
            Gate gate,
            Arrivals arrivals,
            Meters meters) {
        var all = new ArrayList<>(grpc);
        all.add(reflection(ProtoReflectionServiceV1.newInstance()));
        // A service of its own, for Armeria takes one version of reflection in each; either tells all methods of the
        // server.
        var gates = new ArrayList<GrpcGate>();
        for (List<GrpcRoute> routes : List.of(all, List.of(reflection(olderReflection())))) {
            var services = new GrpcGate(routes, config.grpcMaxMessage(), gate, arrivals, meters);
            services.paths().forEach(path -> builder.service("exact:" + path, services));
            gates.add(services);
        }
        return gates;
    }

    private static GrpcRoute reflection(BindableService service) {
        return new GrpcRoute("grpc", service, Access.caller(), Map.of());
    }

    @SuppressWarnings("deprecation") // older clients, Python's and Postman's among them, know no other
    private static BindableService olderReflection() {
        return ProtoReflectionService.newInstance();
    }

    /** The port it listens on. */
    public int port() {
        return port;
    }

    /** The address to call, without a trailing slash. */
    public URI address() {
        String scheme = config.tls().isPresent() ? "https" : "http";
        boolean everywhere = config.bind().equals("0.0.0.0") || config.bind().equals("::");
        String host =
                everywhere ? "127.0.0.1" : config.bind().contains(":") ? "[" + config.bind() + "]" : config.bind();
        return URI.create(scheme + "://" + host + ":" + port);
    }

    /**
     * Stops: health says {@code draining}, streams of events end, requests in flight finish within the drain timeout,
     * then the port closes.
     */
    @Override
    public void close() {
        health.drain();
        try {
            boolean _ = new CountDownLatch(1).await(config.drainDelay().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        events.close();
        server.stop().join();
        threads.shutdownNow();
    }

    /**
     * The loops that accept connections and serve them. Unlike Netty's own they end at once when told to, which saves some
     * seconds of every stop; the server tells them once nothing is in flight.
     */
    private static final class Loops extends MultiThreadIoEventLoopGroup {
        private Loops(String name, int count, IoHandlerFactory io) {
            super(count, ThreadFactories.newEventLoopThreadFactory(name, true), io);
        }

        /** So many loops of the transport that Armeria uses. */
        static EventLoopGroup named(String name, int count) {
            return switch (Flags.transportType()) {
                case EPOLL -> new Loops(name, count, EpollIoHandler.newFactory());
                case NIO -> new Loops(name, count, NioIoHandler.newFactory());
                case KQUEUE, IO_URING -> EventLoopGroups.newEventLoopGroup(count, name);
            };
        }

        @Override
        public Future<?> shutdownGracefully() {
            return shutdownGracefully(0, 5, TimeUnit.SECONDS);
        }
    }
}
