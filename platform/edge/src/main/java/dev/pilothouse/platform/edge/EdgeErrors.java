package dev.pilothouse.platform.edge;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.server.HttpResponseException;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.http.ErrorShape;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RequestInfo;
import dev.pilothouse.platform.http.Route;
import dev.pilothouse.platform.http.RouteTable;
import io.netty.util.AttributeKey;
import java.util.Locale;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** The one place where a request that failed becomes an answer, in the shape of its protocol. */
final class EdgeErrors implements ServerErrorHandler {
    /** The route a request reached; absent where none did. */
    static final AttributeKey<Route> ROUTE = AttributeKey.valueOf(EdgeErrors.class, "ROUTE");

    private static final Logger LOG = LoggerFactory.getLogger(EdgeErrors.class);

    /** The methods that anything here answers, for a request whose own method nobody knows (RFC 9110, section 15.5.6). */
    private static final String METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";

    private final RouteTable routes;
    private final Arrivals arrivals;

    EdgeErrors(RouteTable routes, Arrivals arrivals) {
        this.routes = routes;
        this.arrivals = arrivals;
    }

    @Override
    public HttpResponse onServiceException(ServiceRequestContext context, Throwable thrown) {
        if (Refusals.peel(thrown) instanceof HttpResponseException answer) {
            return answer.httpResponse();
        }
        RequestInfo info = arrivals.greet(context, context.request().headers());
        Route route = context.attr(ROUTE);
        ErrorShape shape = route == null ? shapeFor(context.path()) : route.errors();
        long maxBody = route == null ? RouteTable.DEFAULT_MAX_BODY : route.maxBody();
        boolean bodyComplete =
                context.log().isAvailable(com.linecorp.armeria.common.logging.RequestLogProperty.REQUEST_END_TIME);
        PilothouseException refusal = Refusals.of(thrown, maxBody, bodyComplete);
        log(refusal, thrown, info, context.method() + " " + context.path());
        dropRest(context.request());
        return Replies.toResponse(
                context,
                render(shape, refusal, info.requestId(), context.request().headers()));
    }

    private ErrorShape shapeFor(String path) {
        return EarlyRefusals.isRefused(path) ? routes.everyShape() : routes.shapeFor(path);
    }

    /** Lets a client finish a body that nobody will read, since many read no answer before; {@link Edge} says how long. */
    static void dropRest(HttpRequest request) {
        if (!request.whenComplete().isDone()) {
            var _ = request.subscribe();
        }
    }

    @Override
    public AggregatedHttpResponse onProtocolViolation(
            ServiceConfig config,
            @Nullable RequestHeaders headers,
            HttpStatus status,
            @Nullable String description,
            @Nullable Throwable cause) {
        return bare(headers, status);
    }

    @Override
    public AggregatedHttpResponse renderStatus(
            @Nullable ServiceRequestContext context,
            ServiceConfig config,
            @Nullable RequestHeaders headers,
            HttpStatus status,
            @Nullable String description,
            @Nullable Throwable cause) {
        return bare(headers, status);
    }

    private AggregatedHttpResponse bare(@Nullable RequestHeaders headers, HttpStatus status) {
        String id = arrivals.requestId(headers);
        var refusal = Refusals.ofStatus(status.code(), null, RouteTable.DEFAULT_MAX_BODY);
        ErrorShape shape = headers == null ? routes.everyShape() : routes.shapeFor(headers.path());
        Reply reply = withMethods(shape.render(refusal, id)).with(Arrivals.REQUEST_ID.toString(), id);
        boolean head = headers != null && headers.method() == HttpMethod.HEAD;
        return AggregatedHttpResponse.of(Replies.headers(reply), Replies.content(reply, head), HttpHeaders.of());
    }

    /** Renders a refusal with the headers that HTTP asks for. */
    private static Reply render(ErrorShape shape, PilothouseException refusal, String id, RequestHeaders headers) {
        Reply reply = withMethods(shape.render(refusal, id));
        if (reply.status() == 401) {
            reply = reply.with("www-authenticate", challenge(headers));
        }
        if (refusal.retryAfter().isPresent()) {
            reply = reply.with("retry-after", String.valueOf(Refusals.retrySeconds(refusal)));
        }
        boolean overloaded = refusal.code().status() == 429 || refusal.code().status() == 503;
        return overloaded && !reply.headers().containsKey("retry-after") ? reply.with("retry-after", "1") : reply;
    }

    private static Reply withMethods(Reply refusal) {
        return refusal.status() == 405 ? refusal.with("allow", METHODS) : refusal;
    }

    /** A script in a browser gets no Basic challenge, which would open the browser's own dialog over the page. */
    private static String challenge(RequestHeaders headers) {
        String mode = headers.get("sec-fetch-mode", "").toLowerCase(Locale.ROOT);
        var schemes = new StringJoiner(", ");
        schemes.add("Bearer realm=\"pilothouse\"");
        if (!mode.equals("cors") && !mode.equals("same-origin")) {
            schemes.add("Basic realm=\"pilothouse\"");
        }
        return schemes.toString();
    }

    /** Logs faults of the server once; refusals are the client's affair. */
    static void log(PilothouseException refusal, Throwable thrown, RequestInfo info, String what) {
        if (refusal.code() != CommonError.INTERNAL || Refusals.clientLeft(thrown)) {
            LOG.debug("{} refused: {} ({})", what, refusal.getMessage(), info.requestId());
            return;
        }
        try (var _ = MDC.putCloseable("requestId", info.requestId());
                var _ = MDC.putCloseable("traceId", info.trace().traceId())) {
            LOG.error("{} failed, request id {}", what, info.requestId(), Refusals.peel(thrown));
        }
    }
}
