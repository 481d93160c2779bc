package dev.pilothouse.testkit;

import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import tools.jackson.databind.JsonNode;

/** A client of a server under test, over HTTP/1.1. Thread-safe. */
public final class TestClient implements AutoCloseable {
    private final URI server;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /**
     * A client of one server.
     *
     * @param server its address, without a path
     */
    public TestClient(URI server) {
        this.server = server;
    }

    /**
     * An answer.
     *
     * @param status HTTP status
     * @param json its body; an empty object where there is none, and {@code {"text": …}} where it is not JSON
     */
    public record Answer(int status, JsonNode json) {
        /** Reads an answer's body. */
        public static Answer of(HttpResponse<byte[]> response) {
            if (response.body().length == 0) {
                return new Answer(response.statusCode(), Json.object());
            }
            boolean json =
                    response.headers().firstValue("content-type").orElse("").contains("json");
            return new Answer(
                    response.statusCode(),
                    json
                            ? Json.parse(response.body())
                            : Json.object().put("text", new String(response.body(), StandardCharsets.UTF_8)));
        }

        /** What a JSON pointer (RFC 6901) finds in the body. */
        public JsonNode at(String pointer) {
            return json.at(pointer);
        }

        /** The error's code, in MLflow's shape or in ours; empty where there is none. */
        public String code() {
            return json.path("error_code").asString(json.path("code").asString(""));
        }

        /** The error's text, in MLflow's shape or in ours; empty where there is none. */
        public String message() {
            return json.path("message").asString(json.path("detail").asString(""));
        }
    }

    /** Sends text, with a key unless that is empty; answers status and JSON. */
    public Answer send(String key, String method, String path, String body) {
        return Answer.of(raw(key, method, path, body.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * Sends bytes, with a key unless that is empty; answers what came back.
     *
     * @param path path at the server, or a whole address
     * @param headers names and values in turn
     */
    public HttpResponse<byte[]> raw(String key, String method, String path, byte[] body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(path.startsWith("http") ? path : server + path))
                .timeout(Duration.ofSeconds(30))
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
        if (!key.isEmpty()) {
            request.header("authorization", "Bearer " + key);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
