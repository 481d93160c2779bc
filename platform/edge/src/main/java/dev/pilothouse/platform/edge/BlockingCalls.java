package dev.pilothouse.platform.edge;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Handler;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.Reply.Body;
import dev.pilothouse.platform.http.RequestInfo;
import dev.pilothouse.platform.http.Route;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.slf4j.MDC;

/** Reads the body whole, then runs a blocking handler on a virtual thread. */
final class BlockingCalls implements HttpService {
    private static final String IDEMPOTENCY_KEY = "idempotency-key";
    private static final int LONGEST_KEY = 255;
    private static final Set<String> MUTATIONS = Set.of("POST", "PUT", "PATCH", "DELETE");

    private final Route route;
    private final Handler.Blocking handler;
    private final Executor threads;
    private final EventStreams events;
    private final Gate gate;
    private final IdempotentReplies replies;

    BlockingCalls(
            Route route,
            Handler.Blocking handler,
            Executor threads,
            EventStreams events,
            Gate gate,
            IdempotentReplies replies) {
        this.route = route;
        this.handler = handler;
        this.threads = threads;
        this.events = events;
        this.gate = gate;
        this.replies = replies;
    }

    @Override
    public HttpResponse serve(ServiceRequestContext context, HttpRequest request) {
        var response = new CompletableFuture<HttpResponse>();
        var _ = request.aggregate().handle((whole, thrown) -> {
            if (thrown != null) {
                response.completeExceptionally(thrown);
            } else {
                threads.execute(() -> run(context, whole, response));
            }
            return null;
        });
        return HttpResponse.of(response);
    }

    @SuppressWarnings("CatchingUnchecked") // whatever a handler throws must become an answer
    private void run(
            ServiceRequestContext context, AggregatedHttpRequest request, CompletableFuture<HttpResponse> response) {
        RequestInfo info = RequestInfo.of(context);
        try (var _ = MDC.putCloseable("requestId", info.requestId());
                var _ = MDC.putCloseable("traceId", info.trace().traceId())) {
            Reply reply = once(call(context, request, info));
            boolean head = context.method() == HttpMethod.HEAD;
            switch (reply.body()) {
                case Body.Bytes _ -> response.complete(Replies.toResponse(context, reply));
                case Body.Stream(var stream)
                when head -> {
                    stream.close();
                    response.complete(Replies.toResponse(context, reply));
                }
                case Body.Events _ when head -> response.complete(Replies.toResponse(context, reply));
                case Body.Stream(var stream) ->
                    Replies.stream(context, Replies.headers(reply), stream, writer(response));
                case Body.Events(var feed) ->
                    events.run(
                            context,
                            Replies.headers(reply),
                            feed,
                            writer(response),
                            () -> gate.admit(route.access(), context, request.headers()));
            }
        } catch (Throwable thrown) {
            response.completeExceptionally(thrown);
        }
    }

    private static HttpResponseWriter writer(CompletableFuture<HttpResponse> response) {
        HttpResponseWriter writer = HttpResponse.streaming();
        response.complete(writer);
        return writer;
    }

    /** Runs the handler, unless an idempotency key says that it ran before. */
    private Reply once(Call call) throws Exception {
        String key = call.headers().get(IDEMPOTENCY_KEY);
        if (key == null || !route.protocol().equals("api") || !MUTATIONS.contains(call.method())) {
            return handler.handle(call);
        }
        if (key.isEmpty() || key.length() > LONGEST_KEY) {
            throw CommonError.INVALID.because("An Idempotency-Key has 1 to " + LONGEST_KEY + " characters.");
        }
        var use = new IdempotentReplies.Key(
                call.caller().tenant(),
                call.caller().principal(),
                key,
                call.method() + " " + call.path() + " " + call.query());
        return switch (replies.claim(use, Digest.of(call.body()))) {
            case IdempotentReplies.Claim.Answered(Reply reply) -> reply.with("idempotent-replayed", "true");
            case IdempotentReplies.Claim.Running _ ->
                throw CommonError.CONFLICT.because(
                        "The first request with this Idempotency-Key still runs. Wait for it, then repeat this one.");
            case IdempotentReplies.Claim.OtherBody _ ->
                throw CommonError.UNPROCESSABLE.because(
                        "This Idempotency-Key was used with another body. Use a new key for a new request.");
            case IdempotentReplies.Claim.Unknown _ ->
                throw CommonError.CONFLICT.because(
                        "The first request with this Idempotency-Key was done, at least in part, but its answer is not "
                                + "known: the server ended before it was kept, or it was too long. Look at what is there "
                                + "now, and use a new key for what is still to be done.");
            case IdempotentReplies.Claim.Fresh _ -> first(use, call);
        };
    }

    private Reply first(IdempotentReplies.Key use, Call call) throws Exception {
        boolean saved = false;
        try {
            Reply reply = replies.run(use, () -> handler.handle(call));
            if (reply.body() instanceof Body.Bytes && reply.status() < 500) {
                replies.save(use, reply);
                saved = true;
            }
            return reply;
        } finally {
            if (!saved) {
                replies.forget(use);
            }
        }
    }

    private static Call call(ServiceRequestContext context, AggregatedHttpRequest request, RequestInfo info) {
        var query = new LinkedHashMap<String, List<String>>();
        context.queryParams()
                .forEach((name, value) ->
                        query.computeIfAbsent(name, _ -> new ArrayList<>()).add(value));
        var headers = new LinkedHashMap<String, String>();
        request.headers().forEach((name, value) -> {
            if (name.charAt(0) != ':') {
                headers.merge(name.toString(), value, (a, b) -> a + "," + b);
            }
        });
        headers.put("traceparent", info.trace().traceparent());
        return new Call(
                context.method().name(),
                context.decodedPath(),
                Map.copyOf(context.pathParams()),
                query,
                headers,
                request.content().array(),
                info.from(),
                info.caller(),
                info.requestId());
    }
}
