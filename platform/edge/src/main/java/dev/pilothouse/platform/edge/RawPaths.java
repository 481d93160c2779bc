package dev.pilothouse.platform.edge;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.Optional;

/**
 * Knows the path of the request that is being decoded, as it was sent. Armeria refuses a path that climbs or is broken before
 * there are headers, so that who renders the refusal could not tell by which protocol's shape; the path is bound around the
 * decoding, which happens at once and on one thread. Only a path that may be refused is bound, so that others cost nothing.
 *
 * <p>This handler stands before the one that detects the protocol. It hands a new connection's bytes over one by one until
 * the decoder of HTTP/1 or HTTP/2 is there, listens to that one, and leaves.
 */
final class RawPaths extends ChannelInboundHandlerAdapter {
    private static final ScopedValue<String> PATH = ScopedValue.newInstance();

    /** Takes the place at which a connection's bytes are plain and no decoder has seen them. */
    static void watch(ChannelPipeline pipeline, boolean tls) {
        if (tls) {
            // Decoders are added behind it once the handshake is done.
            pipeline.addLast(new RawPaths());
        } else {
            pipeline.addFirst(new RawPaths());
        }
    }

    /** The path of the request that this thread decodes now, if it may be refused. */
    static Optional<String> current() {
        return PATH.isBound() ? Optional.of(PATH.get()) : Optional.empty();
    }

    private static boolean isDoubtful(CharSequence path) {
        String text = path.toString();
        return text.indexOf('%') >= 0 || text.contains("..");
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            context.fireChannelRead(message);
            return;
        }
        while (!isListening(context) && bytes.isReadable()) {
            context.fireChannelRead(bytes.readRetainedSlice(1));
        }
        if (bytes.isReadable()) {
            context.fireChannelRead(bytes);
        } else {
            bytes.release();
        }
    }

    private boolean isListening(ChannelHandlerContext context) {
        ChannelPipeline pipeline = context.pipeline();
        ChannelHandlerContext codec = pipeline.context(CombinedChannelDuplexHandler.class);
        if (codec != null) {
            pipeline.addAfter(codec.name(), null, new One());
        } else if (!listen(pipeline)) {
            return false;
        }
        if (!context.isRemoved()) {
            pipeline.remove(this);
        }
        return true;
    }

    /** Listens to the frames of HTTP/2, if that is spoken here. */
    private static boolean listen(ChannelPipeline pipeline) {
        Http2ConnectionHandler frames = pipeline.get(Http2ConnectionHandler.class);
        if (frames == null) {
            return false;
        }
        frames.decoder().frameListener(new Two(frames.decoder().frameListener()));
        return true;
    }

    /** Behind the decoder of HTTP/1; an upgrade to HTTP/2 takes that one away and lets frames come. */
    private static final class One extends ChannelInboundHandlerAdapter {
        private String path = "";

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof HttpRequest request) {
                path = isDoubtful(request.uri()) ? request.uri() : "";
            } else if (message instanceof ByteBuf && listen(context.pipeline())) {
                context.pipeline().remove(this);
                path = "";
            }
            if (path.isEmpty()) {
                context.fireChannelRead(message);
            } else {
                ScopedValue.where(PATH, path).run(() -> context.fireChannelRead(message));
            }
        }
    }

    /** Before the decoder of HTTP/2's requests. */
    private static final class Two extends Http2FrameListenerDecorator {
        Two(Http2FrameListener next) {
            super(next);
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext context, int stream, Http2Headers headers, int padding, boolean end)
                throws Http2Exception {
            CharSequence path = headers.path();
            if (path == null || !isDoubtful(path)) {
                super.onHeadersRead(context, stream, headers, padding, end);
                return;
            }
            ScopedValue.where(PATH, path.toString()).<Object, Http2Exception>call(() -> {
                super.onHeadersRead(context, stream, headers, padding, end);
                return stream;
            });
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
                boolean end)
                throws Http2Exception {
            // Weights are not used, as the decoder behind this does not.
            onHeadersRead(context, stream, headers, padding, end);
        }
    }
}
