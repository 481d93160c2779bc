package dev.pilothouse.simulators.llm;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A connection of HTTP/1.1 (RFC 9112): it gathers requests, answers one after the other, and tells an answer that the client
 * has left. Answers are written as bytes, without the objects of a response. Used by its event loop.
 */
final class Connection extends ChannelInboundHandlerAdapter {
    private static final int USUAL_ANSWER = 2048;
    private static final int KEPT_BODY = 1 << 20;
    /** Parts of requests that wait until the one before is answered. */
    private static final int MOST_WAITING = 1024;

    private final Provider provider;
    private final Queue<HttpObject> waiting = new ArrayDeque<>(0);
    private @Nullable ChannelHandlerContext context;
    private @Nullable HttpRequest request;
    private byte[] body = new byte[1024];
    private int length;
    private boolean keepAlive = true;
    private boolean busy;
    private boolean reading;
    private @Nullable Generation generation;
    private @Nullable JsonText held;
    private String echoed = "";

    Connection(Provider provider) {
        this.provider = provider;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    private ChannelHandlerContext context() {
        if (context == null) {
            throw new IllegalStateException("The connection is not in a pipeline");
        }
        return context;
    }

    @Override
    public void channelRead(ChannelHandlerContext from, Object message) {
        reading = true;
        var part = (HttpObject) message;
        if (busy || !waiting.isEmpty()) {
            waiting.add(part);
            if (waiting.size() > MOST_WAITING) {
                close();
            }
            return;
        }
        take(part);
    }

    private void take(HttpObject part) {
        try {
            if (part.decoderResult().isFailure()) {
                refuse(ProviderError.INVALID, 400, "The request is not HTTP.");
                return;
            }
            if (part instanceof HttpRequest begun) {
                request = begun;
                length = 0;
                keepAlive = HttpUtil.isKeepAlive(begun);
                if (!begun.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
                    refuse(ProviderError.INVALID, 505, "The simulator speaks HTTP/1.1.");
                    return;
                }
                if (HttpUtil.is100ContinueExpected(begun)) {
                    send(text().raw("HTTP/1.1 100 Continue\r\n\r\n"));
                }
            }
            if (part instanceof HttpContent content && request != null) {
                gather(content.content());
                if (part instanceof LastHttpContent && request != null) {
                    HttpRequest whole = request;
                    request = null;
                    busy = true;
                    provider.answer(this, whole, body, length);
                }
            }
        } finally {
            ReferenceCountUtil.release(part);
        }
    }

    private void gather(ByteBuf bytes) {
        int more = bytes.readableBytes();
        if ((long) length + more > provider.maxBody()) {
            refuse(ProviderError.TOO_LARGE, 413, "The request is larger than " + provider.maxBody() + " bytes.");
            return;
        }
        if (length + more > body.length) {
            body = Arrays.copyOf(body, Math.max(length + more, body.length * 2));
        }
        bytes.readBytes(body, length, more);
        length += more;
    }

    /** Answers what is no request of the protocol and ends the connection. */
    private void refuse(ProviderError error, int status, String message) {
        request = null;
        busy = true;
        keepAlive = false;
        echoed = "";
        JsonText out = text();
        head(out, status, "application/json", "", false);
        out.lengthAndBody();
        error.openAi(out, message, "");
        finish(out.endBody());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext from) {
        reading = false;
        from.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext from) {
        if (generation != null && from.channel().isWritable()) {
            generation.resume();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext from) {
        if (generation != null) {
            generation.disconnect();
            generation = null;
        }
        if (held != null) {
            held.bytes().release();
            held = null;
        }
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
        provider.left(from.channel());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
        close();
    }

    /** Starts an answer that is not over at once. */
    void run(Generation started) {
        generation = started;
        started.start();
    }

    EventLoop loop() {
        return context().channel().eventLoop();
    }

    boolean hasRoom() {
        return context().channel().isWritable();
    }

    /** Room to write into; goes to {@link #send}, {@link #finish}, {@link #cut} or {@link #drop}. */
    JsonText text() {
        return new JsonText(context().alloc().directBuffer(USUAL_ANSWER));
    }

    void drop(JsonText out) {
        out.bytes().release();
    }

    /** What the next answers send back of the request, a header field with its line's end; or empty. */
    void echo(String field) {
        echoed = field;
    }

    /** The head of an answer, but for the length of its body. */
    void head(JsonText out, int status, String type, Call call) {
        head(out, status, type, call.key(), call.ask().protocol().anthropic());
    }

    /** The head of an answer to a call with a key, or without one. */
    void head(JsonText out, int status, String type, String key, boolean anthropic) {
        if (status == 200) {
            out.raw("HTTP/1.1 200 OK\r\ncontent-type: ").raw(type);
        } else {
            out.raw("HTTP/1.1 ").number(status).raw(" ");
            out.raw(HttpResponseStatus.valueOf(status).reasonPhrase());
            out.raw("\r\ncontent-type: ").raw(type);
        }
        if (!key.isEmpty()) {
            out.raw("\r\nx-request-id: req_").raw(key);
            if (anthropic) {
                out.raw("\r\nrequest-id: req_").raw(key);
            }
        }
        out.raw("\r\n").raw(echoed);
        if (!keepAlive) {
            out.raw("connection: close\r\n");
        }
    }

    /** Answers with an error of the protocol, as told by a control; the call's line is closed already. */
    void fail(JsonText out, int status, Call call, int retryAfter) {
        ProviderError error = ProviderError.of(status);
        head(out, status, "application/json", call);
        if (retryAfter > 0) {
            out.raw("retry-after: ").number(retryAfter).raw("\r\n");
        }
        out.lengthAndBody();
        if (call.ask().protocol().anthropic()) {
            error.anthropic(out, ProviderError.told(status), "req_" + call.key());
        } else {
            error.openAi(out, ProviderError.told(status), "");
        }
        finish(out.endBody());
    }

    /** Sends a part of an answer. */
    void send(JsonText out) {
        if (!out.bytes().isReadable()) {
            drop(out);
        } else if (reading) {
            var _ = context().write(out.bytes(), context().voidPromise());
        } else {
            var _ = context().writeAndFlush(out.bytes(), context().voidPromise());
        }
    }

    /** Sends the last part of an answer and turns to the next request. */
    void finish(JsonText out) {
        generation = null;
        if (body.length > KEPT_BODY) {
            body = new byte[1024];
        }
        if (!keepAlive) {
            context().writeAndFlush(out.bytes()).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        send(out);
        busy = false;
        while (!busy && !waiting.isEmpty()) {
            take(waiting.remove());
        }
    }

    /** Keeps the rest of an answer for {@link #finishHeld}. */
    void hold(JsonText rest) {
        held = rest;
    }

    void finishHeld() {
        JsonText rest = held;
        held = null;
        if (rest != null) {
            finish(rest);
        }
    }

    /** Sends a part of an answer and resets the connection. */
    void cut(JsonText out) {
        generation = null;
        context().writeAndFlush(out.bytes()).addListener(_ -> {
            context().channel().config().setOption(ChannelOption.SO_LINGER, 0);
            close();
        });
    }

    private void close() {
        var _ = context().close();
    }

    /** A field of the request with its line's end, to be sent back; or empty. */
    static String field(String name, @Nullable String value) {
        return value == null ? "" : name + ": " + value + "\r\n";
    }

    static boolean isBearer(HttpRequest request, String key) {
        String given = request.headers().get(HttpHeaderNames.AUTHORIZATION);
        return given != null
                && given.regionMatches(true, 0, "Bearer ", 0, 7)
                && given.substring(7).equals(key);
    }
}
