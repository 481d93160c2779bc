package dev.pilothouse.platform.http;

import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.Caller;
import io.netty.util.AttributeKey;
import java.net.InetAddress;
import java.util.Set;

/**
 * What the edge knows of a request before its handler runs; raw handlers and gRPC services read it from the context.
 *
 * @param requestId id in the response's {@code x-request-id}, in logs and in samples
 * @param trace W3C trace context, as received or begun here
 * @param from the client's address; behind a trusted proxy, the one that the proxy names
 * @param caller who calls; of an open route the anonymous caller
 */
public record RequestInfo(String requestId, TraceContext trace, InetAddress from, Caller caller) {
    /** Who calls an open route without a key: nobody in particular, without roles. */
    public static final Caller ANONYMOUS = new Caller("", "", "anonymous", Caller.Kind.PERSON, Set.of());

    private static final AttributeKey<RequestInfo> KEY = AttributeKey.valueOf(RequestInfo.class, "INFO");

    /** What the edge knows of the request in this context. */
    public static RequestInfo of(ServiceRequestContext context) {
        RequestInfo info = context.attr(KEY);
        if (info == null) {
            throw new IllegalStateException("The request did not come through the edge");
        }
        return info;
    }

    /** Whether the edge has greeted the request in this context. */
    public static boolean isKnown(ServiceRequestContext context) {
        return context.hasAttr(KEY);
    }

    /** Notes this with the request in a context; the edge does so before a handler runs. */
    public void attach(ServiceRequestContext context) {
        context.setAttr(KEY, this);
    }

    /** The same request, once it is known who calls. */
    public RequestInfo as(Caller authenticated) {
        return new RequestInfo(requestId, trace, from, authenticated);
    }
}
