package dev.pilothouse.platform.http;

import io.grpc.BindableService;
import java.util.Map;

/**
 * A gRPC service at the edge. Its methods run on the event loop and must not block; they read who calls from {@link
 * RequestInfo}.
 *
 * @param protocol protocol's name in metrics, such as {@code oip}
 * @param service the service
 * @param access who may call its methods
 * @param exceptions who may call those that differ, by bare method name such as {@code ServerLive}
 */
public record GrpcRoute(String protocol, BindableService service, Access access, Map<String, Access> exceptions) {
    public GrpcRoute {
        exceptions = Map.copyOf(exceptions);
    }
}
