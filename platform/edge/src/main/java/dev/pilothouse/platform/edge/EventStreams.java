package dev.pilothouse.platform.edge;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.platform.http.EventSink;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RequestInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The open streams of server-sent events (WHATWG HTML, section 9.2), so that they end when the server drains. */
final class EventStreams {
    private static final Logger LOG = LoggerFactory.getLogger(EventStreams.class);

    private final Duration keepAlive;
    private final Set<Sink> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closing;

    EventStreams(Duration keepAlive) {
        this.keepAlive = keepAlive;
    }

    /**
     * Feeds one client until either side ends, or until it may no longer listen; runs on a virtual thread.
     *
     * @param admitted asks whether the client would be let in now; with each keep-alive, so that a stream does not outlive its
     *     session or key
     */
    void run(
            ServiceRequestContext context,
            ResponseHeaders headers,
            Reply.Feed feed,
            HttpResponseWriter writer,
            Supplier<CompletableFuture<?>> admitted) {
        context.clearRequestTimeout();
        var sink = new Sink(writer, admitted);
        var beat = context.eventLoop()
                .scheduleAtFixedRate(sink::beat, keepAlive.toMillis(), keepAlive.toMillis(), TimeUnit.MILLISECONDS);
        open.add(sink);
        try {
            if (writer.tryWrite(headers) && !closing) {
                feed.run(sink);
            }
            writer.close();
        } catch (Exception e) {
            boolean over = !sink.isOpen();
            writer.close();
            if (!over && !Refusals.clientLeft(e)) {
                LOG.warn(
                        "A stream of events broke off, request id {}",
                        RequestInfo.of(context).requestId(),
                        e);
            }
        } finally {
            beat.cancel(false);
            open.remove(sink);
        }
    }

    /** Ends all streams; later ones end at once. */
    void close() {
        closing = true;
        open.forEach(Sink::end);
    }

    private static final class Sink implements EventSink {
        private final HttpResponseWriter writer;
        private final Supplier<CompletableFuture<?>> admitted;
        private final CountDownLatch gone = new CountDownLatch(1);

        Sink(HttpResponseWriter writer, Supplier<CompletableFuture<?>> admitted) {
            this.writer = writer;
            this.admitted = admitted;
            var _ = writer.whenComplete().handle((_, _) -> {
                gone.countDown();
                return null;
            });
        }

        @Override
        public void send(String event, String data) throws IOException {
            send("", event, data);
        }

        @Override
        public void send(String id, String event, String data) throws IOException {
            var text = new StringBuilder(data.length() + 48);
            field(text, "id", id);
            field(text, "event", event);
            data.lines().forEach(line -> text.append("data: ").append(line).append('\n'));
            if (data.isEmpty()) {
                text.append("data:\n");
            }
            if (!isOpen() || !writer.tryWrite(HttpData.ofUtf8(text.append('\n')))) {
                throw new IOException("Nobody listens any more");
            }
            Replies.awaitReader(writer);
        }

        private static void field(StringBuilder text, String name, String value) {
            if (!value.isEmpty()) {
                text.append(name)
                        .append(": ")
                        .append(value.replaceAll("[\\r\\n]", " "))
                        .append('\n');
            }
        }

        @Override
        public boolean isOpen() {
            return gone.getCount() > 0 && writer.isOpen();
        }

        @Override
        public boolean pause(Duration atMost) throws InterruptedException {
            return !gone.await(atMost.toMillis(), TimeUnit.MILLISECONDS) && isOpen();
        }

        @Override
        public void onClose(Runnable action) {
            var _ = writer.whenComplete().handle((_, _) -> {
                action.run();
                return null;
            });
        }

        /** The end for who is no longer let in; else a comment, unless an earlier one still waits for its reader. */
        void beat() {
            var _ = admitted.get().whenComplete((_, refused) -> {
                if (refused != null) {
                    end();
                }
            });
            if (writer.whenConsumed().isDone() || writer.demand() > 0) {
                boolean _ = writer.tryWrite(HttpData.ofUtf8(": keep-alive\n\n"));
            }
        }

        void end() {
            gone.countDown();
            writer.close();
        }
    }
}
