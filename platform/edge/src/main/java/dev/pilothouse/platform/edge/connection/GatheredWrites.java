package dev.pilothouse.platform.edge.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Sends what one pass of an event loop writes to a connection at once. Armeria writes an answer's head, waits until that is
 * sent, then writes the body, which is two calls of the system and wakes the client up twice. So a small write counts as done
 * here once it is to be sent, as it would once the system had it in a buffer; beyond {@value #MOST} bytes who writes waits.
 * Not sooner: who is told within the call of write may write the next, and Netty's encoder, which that call is in, would write
 * what it holds a second time.
 *
 * <p>Who closes the connection after that waits until what came is read, since else the system would drop what was written.
 */
public final class GatheredWrites extends FlushConsolidationHandler {
    private static final int MOST = 16 << 10;

    private boolean reading;
    private @Nullable ChannelPromise closing;
    private final Deque<ChannelPromise> gathered = new ArrayDeque<>();

    /** For one connection. */
    public GatheredWrites() {
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
            gathered.add(promise);
        }
    }

    @Override
    public void flush(ChannelHandlerContext context) throws Exception {
        // Who is told may write and flush in turn.
        for (ChannelPromise each = gathered.poll(); each != null; each = gathered.poll()) {
            each.trySuccess();
        }
        super.flush(context);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        fail();
        super.channelInactive(context);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) throws Exception {
        fail();
        super.handlerRemoved(context);
    }

    /** Nobody sends it any more. */
    private void fail() {
        for (ChannelPromise each = gathered.poll(); each != null; each = gathered.poll()) {
            each.tryFailure(new ClosedChannelException());
        }
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) throws Exception {
        if (reading) {
            closing = promise;
            return;
        }
        flush(context);
        context.flush();
        super.close(context, promise);
    }
}
