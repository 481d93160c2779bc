package dev.pilothouse.platform.http;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.Caller;

/** How a route answers. */
public sealed interface Handler {
    /** Reads the whole body, then runs on a virtual thread; may block. */
    @FunctionalInterface
    non-sealed interface Blocking extends Handler {
        /** Answers, or throws {@link dev.pilothouse.kernel.PilothouseException}. */
        Reply handle(Call call) throws Exception;
    }

    /** Runs on the event loop with the unread request: streaming bodies, data paths. Must not block. */
    @FunctionalInterface
    non-sealed interface Raw extends Handler {
        /** Answers; what it throws is rendered in the route's error shape. */
        HttpResponse handle(ServiceRequestContext context, HttpRequest request, Caller caller) throws Exception;
    }
}
