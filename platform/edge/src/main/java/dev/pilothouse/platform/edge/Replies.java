package dev.pilothouse.platform.edge;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.Reply.Body;
import dev.pilothouse.platform.http.RequestInfo;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns a {@link Reply} into Armeria's response. */
final class Replies {
    /** How long a client may read nothing before its stream is cut. */
    static final long STALL_SECONDS = 60;

    private static final Logger LOG = LoggerFactory.getLogger(Replies.class);
    private static final int CHUNK = 64 << 10;

    private Replies() {}

    /** A response that is held in memory; streams and events need {@link #stream}. */
    static HttpResponse toResponse(ServiceRequestContext context, Reply reply) {
        return HttpResponse.of(headers(reply), content(reply, context.method() == HttpMethod.HEAD));
    }

    static HttpData content(Reply reply, boolean head) {
        boolean bodiless = head || HttpStatus.valueOf(reply.status()).isContentAlwaysEmpty();
        return switch (reply.body()) {
            case Body.Bytes(byte[] bytes) -> bodiless ? HttpData.empty() : HttpData.wrap(bytes);
            case Body.Stream _, Body.Events _ -> HttpData.empty();
        };
    }

    /** The headers; what could break out of a header line is replaced by a space. */
    static ResponseHeaders headers(Reply reply) {
        var headers = ResponseHeaders.builder(HttpStatus.valueOf(reply.status()));
        reply.headers().forEach((name, value) -> headers.set(name, oneLine(value)));
        if (reply.body() instanceof Body.Bytes(byte[] bytes)
                && !headers.status().isContentAlwaysEmpty()) {
            headers.setLong(HttpHeaderNames.CONTENT_LENGTH, bytes.length);
        }
        headers.set(HttpHeaderNames.X_CONTENT_TYPE_OPTIONS, "nosniff");
        return headers.build();
    }

    private static String oneLine(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) < 0x20 || value.charAt(i) == 0x7f) {
                return value.replaceAll("[\\x00-\\x1f\\x7f]", " ");
            }
        }
        return value;
    }

    /** Copies the stream while the client reads; runs on a virtual thread and closes the stream. */
    static void stream(
            ServiceRequestContext context, ResponseHeaders headers, InputStream source, HttpResponseWriter writer) {
        context.clearRequestTimeout();
        try (source) {
            if (!writer.tryWrite(headers)) {
                return;
            }
            byte[] buffer = new byte[CHUNK];
            for (int n; (n = source.readNBytes(buffer, 0, CHUNK)) > 0; ) {
                if (!writer.tryWrite(HttpData.copyOf(buffer, 0, n))) {
                    return;
                }
                awaitReader(writer);
            }
            writer.close();
        } catch (IOException | RuntimeException e) {
            if (!Refusals.clientLeft(e)) {
                LOG.warn(
                        "A streamed answer broke off, request id {}",
                        RequestInfo.of(context).requestId(),
                        e);
            }
            writer.close(e);
        }
    }

    /** Waits until the connection took what was written. */
    static void awaitReader(HttpResponseWriter writer) throws IOException {
        try {
            writer.whenConsumed().get(STALL_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IOException("The client left", e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("The client has read nothing for " + STALL_SECONDS + " seconds", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted", e);
        }
    }
}
