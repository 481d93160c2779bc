package dev.pilothouse.platform.http;

import dev.pilothouse.platform.json.Json;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a blocking handler answers.
 *
 * @param status HTTP status
 * @param headers extra headers, {@code content-type} among them
 * @param body bytes, a stream that the edge reads with backpressure and closes, or events
 */
public record Reply(int status, Map<String, String> headers, Body body) {
    /** The body, in memory or streamed. */
    public sealed interface Body {
        /** Held in memory. */
        record Bytes(byte[] bytes) implements Body {}

        /** Read on a virtual thread while the client reads. */
        record Stream(InputStream stream) implements Body {}

        /** Server-sent events, made on a virtual thread for as long as the client listens. */
        record Events(Feed feed) implements Body {}
    }

    /** Makes the events of one client. */
    @FunctionalInterface
    public interface Feed {
        /** Sends events until it has no more or the sink is closed; may block. */
        void run(EventSink sink) throws Exception;
    }

    private static final byte[] NOTHING = {};

    public Reply {
        headers = Map.copyOf(headers);
    }

    /** Bytes of a media type. */
    public static Reply of(int status, String mediaType, byte[] body) {
        return new Reply(status, Map.of("content-type", mediaType), new Body.Bytes(body));
    }

    /** 200 with JSON. */
    public static Reply json(JsonNode body) {
        return json(200, body);
    }

    /** JSON with a status. */
    public static Reply json(int status, JsonNode body) {
        return of(status, "application/json", Json.bytes(body));
    }

    /** 200 with a list of our own API that is whole, so that no page follows. */
    public static Reply list(Iterable<? extends JsonNode> items) {
        ObjectNode body = Json.object();
        items.forEach(body.putArray("items")::add);
        return json(body.putNull("next"));
    }

    /** 200 with plain text. */
    public static Reply text(String body) {
        return of(200, "text/plain; charset=utf-8", body.getBytes(StandardCharsets.UTF_8));
    }

    /** 200 with a streamed body. */
    public static Reply stream(String mediaType, InputStream body) {
        return new Reply(200, Map.of("content-type", mediaType), new Body.Stream(body));
    }

    /**
     * 200 with server-sent events. The edge sends a comment every 15 seconds so that proxies keep the connection, and
     * ends the stream when the client leaves, the feed returns or the server stops.
     */
    public static Reply events(Feed feed) {
        return new Reply(
                200,
                Map.of("content-type", "text/event-stream", "cache-control", "no-store", "x-accel-buffering", "no"),
                new Body.Events(feed));
    }

    /** 204. */
    public static Reply empty() {
        return new Reply(204, Map.of(), new Body.Bytes(NOTHING));
    }

    /** The same answer with one more header. */
    public Reply with(String header, String value) {
        var more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new Reply(status, more, body);
    }
}
