package dev.pilothouse.platform.edge;

import com.linecorp.armeria.server.ServiceRequestContext;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.util.AttributeKey;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a connection whose client is slow to a purpose or dead: a header or a body that trickles, an answer that is not read.
 * A byte now and then does not help, since it is not idleness that is measured. One timer per connection looks a few times
 * within the shortest patience, so that a fast request costs nothing but two reads of the clock. Runs on the connection's
 * event loop.
 */
final class ConnectionWatch extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionWatch.class);
    private static final AttributeKey<ConnectionWatch> KEY = AttributeKey.valueOf(ConnectionWatch.class, "WATCH");

    private final EdgeConfig.Patience patience;
    private @Nullable Channel channel;
    private @Nullable ScheduledFuture<?> ticking;
    /** When the bytes began to come that are no whole request yet; 0 where there are none. */
    private long headerSince;
    /** HTTP/2 multiplexes, so that bytes between requests need not be a request's. */
    private boolean multiplexed;

    private int bodies;
    private long received;
    private long periodSince;
    private long receivedBefore;

    private long unreadSince;
    private long unreadMark;

    ConnectionWatch(EdgeConfig.Patience patience) {
        this.patience = patience;
    }

    /** A request's header is whole. */
    static void arrived(ServiceRequestContext context, boolean mayRest) {
        Channel channel = context.log().partial().channel();
        ConnectionWatch watch = channel == null ? null : channel.attr(KEY).get();
        if (watch != null) {
            watch.begin(context, mayRest);
        }
    }

    private void begin(ServiceRequestContext context, boolean mayRest) {
        headerSince = 0;
        multiplexed = context.sessionProtocol().isMultiplex();
        if (mayRest || context.request().whenComplete().isDone()) {
            return;
        }
        if (bodies++ == 0) {
            periodSince = System.nanoTime();
            receivedBefore = received;
        }
        var _ = context.request().whenComplete().handle((_, _) -> {
            context.eventLoop().withoutContext().execute(() -> bodies--);
            return null;
        });
    }

    @Override
    public void channelActive(ChannelHandlerContext context) throws Exception {
        channel = context.channel();
        channel.attr(KEY).set(this);
        Duration shortest = patience.header().compareTo(patience.stall()) < 0 ? patience.header() : patience.stall();
        long period = Math.max(100, shortest.toMillis() / 4);
        ticking = context.executor().scheduleWithFixedDelay(this::tick, period, period, TimeUnit.MILLISECONDS);
        super.channelActive(context);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        if (ticking != null) {
            ticking.cancel(false);
        }
        super.channelInactive(context);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (message instanceof ByteBuf bytes) {
            received += bytes.readableBytes();
        }
        if (headerSince == 0 && bodies == 0 && !multiplexed) {
            headerSince = System.nanoTime();
        }
        super.channelRead(context, message);
    }

    private void tick() {
        long now = System.nanoTime();
        if (headerSince != 0 && now - headerSince > patience.header().toNanos()) {
            end("sent no whole header");
        } else if (isBodySlow(now)) {
            end("sent its body too slowly");
        } else if (isAnswerUnread(now)) {
            end("read nothing of its answer");
        }
    }

    private boolean isBodySlow(long now) {
        long period = patience.stall().toNanos();
        if (bodies == 0 || now - periodSince < period) {
            return false;
        }
        long least = Math.max(1, patience.bodyRate() * patience.stall().toMillis() / 1000);
        boolean slow = received - receivedBefore < least;
        periodSince = now;
        receivedBefore = received;
        // Where we do not read, it is us who are slow.
        return slow && channel != null && channel.config().isAutoRead();
    }

    private boolean isAnswerUnread(long now) {
        ChannelOutboundBuffer waiting =
                channel == null ? null : channel.unsafe().outboundBuffer();
        if (waiting == null || waiting.totalPendingWriteBytes() == 0) {
            unreadSince = 0;
            return false;
        }
        long mark = System.identityHashCode(waiting.current()) * 31L + waiting.currentProgress();
        if (unreadSince == 0 || mark != unreadMark) {
            unreadSince = now;
            unreadMark = mark;
        }
        return now - unreadSince > patience.stall().toNanos();
    }

    private void end(String why) {
        if (channel != null) {
            LOG.debug("The client {} {}; its connection ends", channel.remoteAddress(), why);
            var _ = channel.close();
        }
    }
}
