package dev.pilothouse.platform.edge.connection;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;

/**
 * Answers clients of HTTP/1.0 as they can read it, such as {@code ab -k}. Who asks for the connection to go on is told that it does, or
 * would wait for its end (RFC 9112, section 9.3); an answer of unknown length ends with its connection and is in no chunks (section
 * 6.1). Runs on the connection's event loop.
 */
public final class Http10 extends ChannelDuplexHandler {
    private boolean old;
    private boolean goesOn;
    private boolean endsConnection;

    private Http10() {}

    /** Watches a connection that turned out to speak HTTP/1; of its handlers one reads and writes, which is the codec. */
    public static void attach(ChannelPipeline pipeline) {
        ChannelHandlerContext codec = pipeline.context(CombinedChannelDuplexHandler.class);
        if (codec != null && pipeline.get(Http10.class) == null) {
            pipeline.addAfter(codec.name(), null, new Http10());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest request) {
            old = request.protocolVersion().compareTo(HttpVersion.HTTP_1_1) < 0;
            goesOn = old && HttpUtil.isKeepAlive(request);
        }
        context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (old && message instanceof HttpResponse response) {
            endsConnection = HttpUtil.isTransferEncodingChunked(response);
            if (endsConnection) {
                HttpUtil.setTransferEncodingChunked(response, false);
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            } else if (goesOn && !response.headers().contains(HttpHeaderNames.CONNECTION)) {
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
            }
        }
        var written = context.write(message, promise);
        if (endsConnection && message instanceof LastHttpContent) {
            var _ = written.addListener(ChannelFutureListener.CLOSE);
        }
    }
}
