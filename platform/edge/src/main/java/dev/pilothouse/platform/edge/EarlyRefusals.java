package dev.pilothouse.platform.edge;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.RequestTarget;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.edge.connection.Http10;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/**
 * Refuses over HTTP/2 what Armeria's decoder refuses by a request's headers alone. The decoder cancels the stream of such a
 * request while its body is sent, which clients take for a lost connection, so that they never see the answer (RFC 9113, section
 * 8.1, asks for NO_ERROR there). Here it reaches a service, which refuses it as any other: the body is let go by.
 */
final class EarlyRefusals {
    /** Where refused requests go, with the status behind it. */
    private static final String PATH = "/.refused/";

    private EarlyRefusals() {}

    /** Adds the service that refuses. */
    static void serve(ServerBuilder builder) {
        builder.service(PATH + "{status}", EarlyRefusals::refuse);
    }

    private static HttpResponse refuse(ServiceRequestContext context, HttpRequest request) {
        return HttpResponse.ofFailure(
                switch (context.pathParam("status")) {
                    case "400" -> Refusals.ofStatus(400, null, 0);
                    case "405" -> Refusals.ofStatus(405, null, 0);
                    case "417" -> Refusals.ofStatus(417, null, 0);
                    case null, default -> CommonError.NOT_FOUND.because("There is nothing at this path.");
                });
    }

    /** Whether a path is of a refused request, whose own path nobody knows any more. */
    static boolean isRefused(String path) {
        return path.startsWith(PATH);
    }

    /** Watches a connection, from before its first byte. */
    static void watch(ChannelPipeline pipeline, boolean tls) {
        if (tls) {
            pipeline.addLast(new AfterHandshake());
        } else {
            pipeline.addFirst(new AfterFirstBytes());
        }
    }

    /** Looks at the requests of a connection that turned out to speak HTTP/2. */
    private static boolean attach(ChannelHandlerContext context) {
        Http2ConnectionHandler connection = context.pipeline().get(Http2ConnectionHandler.class);
        if (connection == null) {
            Http10.attach(context.pipeline());
            return false;
        }
        connection.decoder().frameListener(new Requests(connection.decoder().frameListener()));
        return true;
    }

    /** By then it is known which protocol both sides speak, and no byte of it was read. */
    private static final class AfterHandshake extends ChannelInboundHandlerAdapter {
        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
            if (event instanceof SslHandshakeCompletionEvent) {
                attach(context);
                context.pipeline().remove(this);
            }
            super.userEventTriggered(context, event);
        }
    }

    /** In plain text the first bytes tell, or a request that asks to go on in HTTP/2. */
    private static final class AfterFirstBytes extends ChannelInboundHandlerAdapter {
        /** Bytes of HTTP/2's preface that Armeria knows it by; no request is that short. */
        private static final int PREFACE = 4;

        private int seen;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
            if (seen < PREFACE && message instanceof ByteBuf bytes) {
                int first = Math.min(PREFACE - seen, bytes.readableBytes());
                seen += first;
                if (first < bytes.readableBytes()) {
                    context.fireChannelRead(bytes.readRetainedSlice(first));
                    if (attach(context)) {
                        context.pipeline().remove(this);
                        context.fireChannelRead(message);
                        return;
                    }
                }
            }
            context.fireChannelRead(message);
            if (attach(context)) {
                context.pipeline().remove(this);
            }
        }
    }

    private static final class Requests extends Http2FrameListenerDecorator {
        Requests(Http2FrameListener listener) {
            super(listener);
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext context, int stream, Http2Headers headers, int padding, boolean last)
                throws Http2Exception {
            redirect(headers);
            super.onHeadersRead(context, stream, headers, padding, last);
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext context,
                int stream,
                Http2Headers headers,
                int dependency,
                short weight,
                boolean exclusive,
                int padding,
                boolean last)
                throws Http2Exception {
            redirect(headers);
            super.onHeadersRead(context, stream, headers, dependency, weight, exclusive, padding, last);
        }

        private static void redirect(Http2Headers headers) {
            CharSequence method = headers.method();
            CharSequence path = headers.path();
            if (method == null || path == null) {
                // The end of a body, or what is no request at all.
                return;
            }
            if (!isMethod(method)) {
                headers.method(HttpMethod.POST.name());
                headers.path(PATH + 405);
            } else if (!isReadable(path)) {
                headers.path(PATH + 400);
            } else if (isUnmet(headers.get(HttpHeaderNames.EXPECT))) {
                headers.remove(HttpHeaderNames.EXPECT);
                headers.path(PATH + 417);
            }
        }

        private static boolean isMethod(CharSequence name) {
            HttpMethod method = HttpMethod.tryParse(name.toString());
            return method != null && method != HttpMethod.UNKNOWN && method != HttpMethod.CONNECT;
        }

        private static boolean isReadable(CharSequence path) {
            return RequestTarget.forServer(path.toString()) != null && !AsciiString.contentEquals(path, "*");
        }

        private static boolean isUnmet(@Nullable CharSequence expected) {
            return expected != null && !AsciiString.contentEqualsIgnoreCase(expected, HttpHeaderValues.CONTINUE);
        }
    }
}
