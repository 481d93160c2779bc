package dev.pilothouse.platform.edge;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.encoding.DecodingService;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.http.RequestInfo;
import dev.pilothouse.platform.http.Route;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What every route gets before its handler: id, trace, limits, caller, timing. Runs on the event loop. */
final class RouteService implements HttpService {
    private static final Logger ACCESS_LOG = LoggerFactory.getLogger("dev.pilothouse.access");
    private static final Set<String> ENCODINGS = Set.of("gzip", "x-gzip", "deflate", "br");
    /** Bodies a route may stream without end say so with this limit. */
    private static final long UNLIMITED = Long.MAX_VALUE;

    private final Route route;
    private final Gate gate;
    private final Arrivals arrivals;
    private final Meters.Operation meters;
    private final HttpService plain;
    private final HttpService decoding;

    RouteService(Route route, Gate gate, Arrivals arrivals, Meters.Operation meters, HttpService answering) {
        this.route = route;
        this.gate = gate;
        this.arrivals = arrivals;
        this.meters = meters;
        this.plain = answering;
        this.decoding = answering.decorate(DecodingService.newDecorator());
    }

    @Override
    public HttpResponse serve(ServiceRequestContext context, HttpRequest request) {
        context.setAttr(EdgeErrors.ROUTE, route);
        meters.watch(context);
        RequestInfo info = arrivals.greet(context, request.headers());
        if (ACCESS_LOG.isDebugEnabled()) {
            logWhenDone(context, info);
        }
        if (isUnsafePath(context)) {
            return HttpResponse.ofFailure(CommonError.INVALID.because(
                    "The path holds '..', a control character or bytes that are not UTF-8. Leave them out."));
        }
        CompletableFuture<Caller> admitted = gate.admit(route.access(), context, request.headers());
        if (admitted.isDone() && !admitted.isCompletedExceptionally()) {
            return answer(context, request, info.as(admitted.join()));
        }
        return HttpResponse.of(
                admitted.thenApplyAsync(caller -> answer(context, request, info.as(caller)), context.eventLoop()));
    }

    /** What is thrown instead of answered would have Armeria cancel an HTTP/2 stream whose body is still sent. */
    private HttpResponse answer(ServiceRequestContext context, HttpRequest request, RequestInfo info) {
        try {
            return admitted(context, request, info);
        } catch (Exception e) {
            return HttpResponse.ofFailure(e);
        }
    }

    private HttpResponse admitted(ServiceRequestContext context, HttpRequest request, RequestInfo info)
            throws Exception {
        info.attach(context);
        long length = request.headers().contentLength();
        if (route.maxBody() < length) {
            throw Refusals.tooLarge(route.maxBody());
        }
        // From here on, so that a body that is too long by its length is refused above and not by the decoder (see
        // EarlyRefusals).
        context.setMaxRequestLength(route.maxBody() == UNLIMITED ? 0 : route.maxBody());
        String encoding = request.headers()
                .get(HttpHeaderNames.CONTENT_ENCODING, "identity")
                .strip();
        if (encoding.isEmpty() || encoding.equalsIgnoreCase("identity")) {
            return plain.serve(context, request);
        }
        if (!ENCODINGS.contains(encoding.toLowerCase(Locale.ROOT))) {
            throw CommonError.UNSUPPORTED_MEDIA.because(
                    "The content-encoding '" + encoding + "' is not known here; use gzip, deflate, br or none.");
        }
        return decoding.serve(context, request);
    }

    private static boolean isUnsafePath(ServiceRequestContext context) {
        for (String part : context.pathParams().values()) {
            if (isUnsafe(part)) {
                return true;
            }
        }
        return false;
    }

    /** Up one folder, by either separator, alone or between others; control characters; bytes that are no UTF-8. */
    private static boolean isUnsafe(String part) {
        int start = 0;
        for (int i = 0; i <= part.length(); i++) {
            char c = i < part.length() ? part.charAt(i) : '/';
            if (c == '/' || c == '\\') {
                if (i - start == 2 && part.startsWith("..", start)) {
                    return true;
                }
                start = i + 1;
            } else if (c < ' ' || c == 0x7f || c == '\ufffd') {
                return true;
            }
        }
        return false;
    }

    private static void logWhenDone(ServiceRequestContext context, RequestInfo info) {
        var _ = context.log()
                .whenComplete()
                .thenAccept(log -> ACCESS_LOG.debug(
                        "{} {} {} {} us, {}, trace {}",
                        log.requestHeaders().method(),
                        log.requestHeaders().path(),
                        log.responseHeaders().status().code(),
                        log.totalDurationNanos() / 1000,
                        info.requestId(),
                        info.trace().traceId()));
    }
}
