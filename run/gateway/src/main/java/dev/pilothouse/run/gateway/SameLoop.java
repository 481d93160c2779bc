package dev.pilothouse.run.gateway;

import com.linecorp.armeria.client.Endpoint;
import com.linecorp.armeria.client.EventLoopScheduler;
import com.linecorp.armeria.client.endpoint.EndpointGroup;
import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.util.ReleasableHolder;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import org.jspecify.annotations.Nullable;

/**
 * Has a provider answer on the event loop that serves the client, so that a request changes its thread nowhere on its way: to
 * wake another thread costs more than all else that is done with a request. Thread-safe.
 */
final class SameLoop implements EventLoopScheduler {
    private final EventLoopGroup others;

    /**
     * @param others loops of what is asked for nobody's sake
     */
    SameLoop(EventLoopGroup others) {
        this.others = others;
    }

    @Override
    public ReleasableHolder<EventLoop> acquire(
            SessionProtocol protocol, EndpointGroup group, @Nullable Endpoint endpoint) {
        ServiceRequestContext serving = ServiceRequestContext.currentOrNull();
        EventLoop loop = serving == null ? others.next() : serving.eventLoop().withoutContext();
        return new ReleasableHolder<>() {
            @Override
            public EventLoop get() {
                return loop;
            }

            @Override
            public void release() {}
        };
    }
}
