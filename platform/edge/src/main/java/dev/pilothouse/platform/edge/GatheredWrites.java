package dev.pilothouse.platform.edge;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.handler.flush.FlushConsolidationHandler;
import org.jspecify.annotations.Nullable;

/**
 * Sends what one pass of an event loop writes to a connection at once. Armeria writes an answer's head, waits until that is
 * sent, then writes the body, which is two calls of the system and wakes the client up twice. So a small write counts as done
 * here as soon as it is gathered, as it would once the system had it in a buffer; beyond {@value #MOST} bytes who writes waits.
 * Who closes the connection after that waits until what came is read, since else the system would drop what was written.
 */
final class GatheredWrites extends FlushConsolidationHandler {
    private static final int MOST = 16 << 10;

    private boolean reading;
    private @Nullable ChannelPromise closing;

    GatheredWrites() {
        super(DEFAULT_EXPLICIT_FLUSH_AFTER_FLUSHES, true);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        reading = true;
        super.channelRead(context, message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) throws Exception {
        reading = false;
        super.channelReadComplete(context);
        ChannelPromise asked = closing;
        if (asked != null) {
            closing = null;
            close(context, asked);
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        ChannelOutboundBuffer waiting = context.channel().unsafe().outboundBuffer();
        boolean small = waiting != null
                && message instanceof ByteBuf bytes
                && waiting.totalPendingWriteBytes() + bytes.readableBytes() <= MOST;
        if (!small) {
            var _ = context.write(message, promise);
            return;
        }
        ChannelFuture written = context.write(message);
        if (written.isDone() && !written.isSuccess()) {
            promise.tryFailure(written.cause());
        } else {
            promise.trySuccess();
        }
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) throws Exception {
        if (reading) {
            closing = promise;
            return;
        }
        context.flush();
        super.close(context, promise);
    }
}
