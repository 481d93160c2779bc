package dev.pilothouse.platform.edge;

import com.linecorp.armeria.common.Flags;
import com.linecorp.armeria.common.util.EventLoopGroups;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** The loop that accepts connections. Unlike Netty's own it ends at once when told to, which saves two seconds of every stop. */
final class AcceptLoop extends MultiThreadIoEventLoopGroup {
    private AcceptLoop(String name, IoHandlerFactory io) {
        super(1, Thread.ofPlatform().daemon().name(name).factory(), io);
    }

    /** A loop of the transport that the worker loops use. */
    static EventLoopGroup named(String name) {
        return switch (Flags.transportType()) {
            case EPOLL -> new AcceptLoop(name, EpollIoHandler.newFactory());
            case NIO -> new AcceptLoop(name, NioIoHandler.newFactory());
            case KQUEUE, IO_URING -> EventLoopGroups.newEventLoopGroup(1, name);
        };
    }

    @Override
    public Future<?> shutdownGracefully() {
        return shutdownGracefully(0, 5, TimeUnit.SECONDS);
    }
}
