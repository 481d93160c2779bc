package dev.pilothouse.platform.edge.connection;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection in stages (RFC 9112, section 9.6): at once for who reads until the end, and only then, when the client has
 * closed its side or {@value #LONGEST_MILLIS} ms later, for what still comes. A connection closed while a client sends is reset,
 * which takes from the client the answer that it has not read yet, such as the refusal of a body that is too large. One to which
 * nothing was written of late is closed at once. Runs on the connection's event loop.
 */
public final class StagedClose extends ChannelDuplexHandler {
    private static final long LONGEST_MILLIS = 2_000;
    private static final long LATELY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private long written = System.nanoTime() - LATELY_NANOS;
    private boolean closing;

    /** For one connection. */
    public StagedClose() {}

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        written = System.nanoTime();
        var _ = context.write(message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (closing) {
            ReferenceCountUtil.release(message);
        } else {
            context.fireChannelRead(message);
        }
    }

    /** That the output was shut down, too, which Armeria would warn of. */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (closing) {
            ReferenceCountUtil.release(event);
        } else {
            context.fireUserEventTriggered(event);
        }
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        Channel channel = context.channel();
        if (closing) {
            var _ = channel.closeFuture().addListener(_ -> promise.trySuccess());
        } else if (channel.isActive()
                && channel instanceof DuplexChannel stream
                && System.nanoTime() - written < LATELY_NANOS) {
            closing = true;
            var _ = channel.closeFuture().addListener(_ -> promise.trySuccess());
            closeInStages(context, stream);
        } else {
            var _ = context.close(promise);
        }
    }

    private static void closeInStages(ChannelHandlerContext context, DuplexChannel stream) {
        var longest = context.executor().schedule(() -> closeNow(context), LONGEST_MILLIS, TimeUnit.MILLISECONDS);
        var _ = stream.closeFuture().addListener(_ -> longest.cancel(false));
        var _ = context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> {
            if (sent.isSuccess()) {
                var _ = stream.shutdownOutput();
            } else {
                closeNow(context);
            }
        });
        // Else the end of what the client sends is not seen where reading was paused.
        stream.config().setAutoRead(true);
    }

    private static void closeNow(ChannelHandlerContext context) {
        var _ = context.close();
    }
}
