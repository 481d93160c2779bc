package dev.pilothouse.run.gateway;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.llm.Dialect;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a client gets of a stream: headers with its first bytes, its cost before the last. Runs on the request's event loop. */
final class StreamReply {
    private final LlmCall call;
    private final Settlement settlement;
    private final ClientStream events;
    private final boolean isTranslated;
    private @Nullable HttpResponseWriter writer;

    StreamReply(LlmCall call, Settlement settlement, ClientStream events, boolean isTranslated) {
        this.call = call;
        this.settlement = settlement;
        this.events = events;
        this.isTranslated = isTranslated;
    }

    /** What a provider says that its answer is. */
    static String type(ResponseHeaders headers) {
        return headers.get(HttpHeaderNames.CONTENT_TYPE, "application/octet-stream");
    }

    static boolean isJson(ResponseHeaders headers) {
        return type(headers).contains("json");
    }

    /** Whether it may be sound: neither JSON nor any other text, such as the page of a proxy. */
    static boolean isSound(ResponseHeaders headers) {
        return !isJson(headers) && !type(headers).startsWith("text/");
    }

    /** Whether the client got a part of it. */
    boolean isOpen() {
        return writer != null;
    }

    /** Sends what may go on by now; whether the client took it: where not, it has left. */
    boolean flush() {
        if (writer == null && events.isUndecided()) {
            return true;
        }
        byte[] taken = events.taken();
        return taken.length == 0 || open().tryWrite(HttpData.wrap(taken));
    }

    /**
     * Goes on once the client took what was written, and the guards that are asked for each window let go on what waits.
     *
     * @param refused is told where they do not
     */
    void whenTaken(Runnable next, Consumer<Throwable> refused) {
        CompletableFuture<?> window = events.window();
        if (window == null) {
            whenTaken(next);
            return;
        }
        call.then(window, (_, fault) -> {
            if (settlement.isOver()) {
                return;
            }
            if (fault == null) {
                var _ = flush();
                whenTaken(next);
            } else {
                refused.accept(fault);
            }
        });
    }

    private void whenTaken(Runnable next) {
        if (writer == null) {
            next.run();
            return;
        }
        var _ = writer.whenConsumed().handle((_, _) -> {
            next.run();
            return null;
        });
    }

    /** The last bytes, once it is settled. */
    void end(Settlement.End end) {
        HttpResponseWriter open = open();
        var _ = flush();
        var _ = open.tryWrite(HttpData.wrap(comment(end)));
        var _ = open.tryWrite(HttpData.wrap(events.last()));
        open.close();
    }

    /**
     * Ends it with an error, once it is settled.
     *
     * @return false where the client got nothing of it, so that it can be answered otherwise
     */
    boolean breakOff(Settlement.End end, PilothouseException why) {
        if (writer == null) {
            return false;
        }
        var _ = writer.tryWrite(HttpData.wrap(comment(end)));
        var _ = writer.tryWrite(HttpData.wrap(error(why)));
        writer.close();
        return true;
    }

    private byte[] comment(Settlement.End end) {
        return settlement
                .told()
                .comment(settlement.total(end), call.request().guarded().verdicts());
    }

    /** Ends it without a word: the client must not take it as finished. */
    void tear(Throwable failure) {
        if (writer != null) {
            writer.close(failure);
        }
    }

    private HttpResponseWriter open() {
        if (writer == null) {
            writer = HttpResponse.streaming();
            ResponseHeadersBuilder headers = ResponseHeaders.builder(HttpStatus.OK)
                    .set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8")
                    .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
                    .set("x-accel-buffering", "no");
            settlement.told().addTo(headers);
            LlmRequest request = call.request();
            request.guarded()
                    .headers(request.asked().dialect().family() == Dialect.Family.ANTHROPIC)
                    .forEach(headers::set);
            var _ = writer.tryWrite(headers.build());
            call.answered(writer);
        }
        return writer;
    }

    /** What the provider told of its failure, or else what is known of it, in the client's protocol. */
    private byte[] error(PilothouseException why) {
        Dialect client = call.request().asked().dialect();
        String id = call.request().info().requestId();
        if (events.failure().length == 0) {
            return LlmErrors.event(client, LlmErrors.body(client.family(), why, id));
        }
        return isTranslated
                ? LlmErrors.event(
                        client, LlmErrors.told(client.family(), why, why.code().status(), events.failure(), id))
                : events.failure();
    }

    /**
     * What a client gets of sound: the bytes as they come, but for the last ones, which wait until the call is settled. Nothing in sound
     * tells its cost, so that it is known, and told, before the first byte. Runs on the request's event loop.
     */
    static final class Sound {
        private final HttpResponseWriter writer = HttpResponse.streaming();
        private byte[] kept = {};

        /** Begins to answer. */
        Sound(LlmCall call, Settlement settlement, String contentType) {
            ResponseHeadersBuilder headers = ResponseHeaders.builder(HttpStatus.OK)
                    .set(HttpHeaderNames.CONTENT_TYPE, contentType)
                    .setLong(CostHeaders.COST, settlement.foreseen());
            settlement.told().addTo(headers);
            call.request().guarded().headers(false).forEach(headers::set);
            var _ = writer.tryWrite(headers.build());
            call.answered(writer);
        }

        /** Sends what was kept back, in whose place this is; whether the client took it. */
        boolean write(byte[] bytes) {
            byte[] before = kept;
            kept = bytes;
            return before.length == 0 ? writer.isOpen() : writer.tryWrite(HttpData.wrap(before));
        }

        /** Goes on once the client took what was written. */
        void whenTaken(Runnable next) {
            var _ = writer.whenConsumed().handle((_, _) -> {
                next.run();
                return null;
            });
        }

        /** The last bytes, once it is settled. */
        void end() {
            var _ = writer.tryWrite(HttpData.wrap(kept));
            writer.close();
        }

        /** Ends it without its last bytes: the client must not take it as finished. */
        void tear(Throwable failure) {
            writer.close(failure);
        }
    }
}
