package dev.pilothouse.cli.terminal;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/**
 * Calls the public API with one key. Every call ends with an {@link Exit} where the server is not reached (UNREACHED), where the
 * key may not (NOT_ALLOWED), where the request was wrong (USAGE), and where the server refuses otherwise (NOT_SO), with the
 * server's own words. Thread-safe.
 */
public final class Api {
    private final URI base;
    private final String key;
    private final Consumer<String> expiring;
    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(5))
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    /** Calls that warn of nothing. */
    public Api(String server, String key) {
        this(server, key, _ -> {});
    }

    /**
     * Calls.
     *
     * @param expiring told when the key ends, where that is near
     * @throws Exit where the address is no HTTP URL
     */
    public Api(String server, String key, Consumer<String> expiring) {
        try {
            this.base = URI.create(server.endsWith("/") ? server.substring(0, server.length() - 1) : server);
        } catch (IllegalArgumentException _) {
            throw new Exit(Exit.USAGE, "'" + server + "' is no address. Use one such as http://127.0.0.1:8787.");
        }
        if (base.getHost() == null) {
            throw new Exit(Exit.USAGE, "'" + server + "' is no address. Use one such as http://127.0.0.1:8787.");
        }
        this.key = key;
        this.expiring = expiring;
    }

    /** The address of the server, without a slash at its end. */
    public URI base() {
        return base;
    }

    /** What is at a path. */
    public JsonNode get(String path) {
        return json(request(path).GET());
    }

    /** All items of a list, whatever its number of pages. */
    public List<JsonNode> items(String path) {
        var items = new ArrayList<JsonNode>();
        String next = "";
        do {
            JsonNode page = get(
                    new Query(path).with("limit", "1000").with("cursor", next).toString());
            page.path("items").forEach(items::add);
            next = Show.text(page, "next");
        } while (!next.isEmpty());
        return items;
    }

    /** The bytes at a path. */
    public byte[] bytes(String path) {
        return send(request(path).GET(), BodyHandlers.ofByteArray()).body();
    }

    /** The bytes at a path, empty where the server has nothing there. */
    public Optional<byte[]> find(String path) {
        return exchange(request(path).GET(), BodyHandlers.ofByteArray(), true).map(HttpResponse::body);
    }

    /** The bytes at a path, read while they come; the caller closes. */
    public InputStream stream(String path) {
        return send(request(path).GET(), BodyHandlers.ofInputStream()).body();
    }

    /** A stream that the server makes for as long as it takes. */
    public HttpResponse<InputStream> postForStream(String path, JsonNode body) {
        return send(
                request(path)
                        .timeout(Duration.ofHours(24))
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofByteArray(Json.bytes(body))),
                BodyHandlers.ofInputStream());
    }

    /** The whole answer, for its headers. */
    public HttpResponse<byte[]> answer(String path) {
        return send(request(path).GET(), BodyHandlers.ofByteArray());
    }

    /** Sends JSON, and answers what the server answers. */
    public JsonNode post(String path, JsonNode body) {
        return json(request(path)
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofByteArray(Json.bytes(body))));
    }

    /** Sends a body of another kind, for at most half an hour. */
    public JsonNode post(String path, String mediaType, BodyPublisher body) {
        return json(request(path)
                .header("content-type", mediaType)
                .timeout(Duration.ofMinutes(30))
                .POST(body));
    }

    /** Puts JSON at a path. */
    public JsonNode put(String path, JsonNode body) {
        return json(request(path)
                .header("content-type", "application/json")
                .PUT(BodyPublishers.ofByteArray(Json.bytes(body))));
    }

    /** Changes fields of what is at a path. */
    public JsonNode patch(String path, JsonNode body) {
        return json(request(path)
                .header("content-type", "application/json")
                .method("PATCH", BodyPublishers.ofByteArray(Json.bytes(body))));
    }

    /** Removes what is at a path. */
    public JsonNode delete(String path) {
        return json(request(path).DELETE());
    }

    /**
     * Reads server-sent events until the reader has seen enough or the server ends.
     *
     * @param more answers whether to go on after an event's data
     * @return whether the reader ended it
     */
    public boolean events(String path, Predicate<JsonNode> more) {
        var response = send(
                request(path)
                        .timeout(Duration.ofHours(24))
                        .header("accept", "text/event-stream")
                        .GET(),
                BodyHandlers.ofInputStream());
        try (var lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            var data = new StringBuilder();
            for (String line; (line = lines.readLine()) != null; ) {
                if (line.startsWith("data:")) {
                    data.append(line.substring(5).strip());
                } else if (line.isEmpty() && !data.isEmpty()) {
                    if (!more.test(Json.parse(data.toString()))) {
                        return true;
                    }
                    data.setLength(0);
                }
            }
            return false;
        } catch (IOException _) {
            return false;
        }
    }

    /** A path segment or query value, percent-encoded. */
    public static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private HttpRequest.Builder request(String path) {
        var builder = HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(60));
        return key.isEmpty() ? builder : builder.header("authorization", "Bearer " + key);
    }

    private JsonNode json(HttpRequest.Builder request) {
        byte[] body = send(request, BodyHandlers.ofByteArray()).body();
        return body.length == 0 ? Json.object() : Json.parse(body);
    }

    private <T> HttpResponse<T> send(HttpRequest.Builder request, HttpResponse.BodyHandler<T> handler) {
        return exchange(request, handler, false).orElseThrow();
    }

    private <T> Optional<HttpResponse<T>> exchange(
            HttpRequest.Builder request, HttpResponse.BodyHandler<T> handler, boolean mayBeMissing) {
        try {
            HttpResponse<T> response = http.send(request.build(), handler);
            response.headers().firstValue("x-pilothouse-key-expires").ifPresent(expiring);
            if (response.statusCode() == 404 && mayBeMissing) {
                return Optional.empty();
            }
            if (response.statusCode() >= 400) {
                byte[] body = response.body() instanceof byte[] bytes
                        ? bytes
                        : response.body() instanceof InputStream in ? in.readAllBytes() : new byte[0];
                throw refusal(response.statusCode(), body);
            }
            return Optional.of(response);
        } catch (ConnectException | HttpConnectTimeoutException _) {
            throw new Exit(
                    Exit.UNREACHED,
                    "No server answers at " + base + ". Start one with 'pilot up', or name another with --server or"
                            + " PILOTHOUSE_URL.");
        } catch (IOException e) {
            throw new Exit(Exit.UNREACHED, "The connection to " + base + " broke: " + e.getMessage() + ". Try again.");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Exit(Exit.UNREACHED, "Interrupted.");
        }
    }

    private static Exit refusal(int status, byte[] body) {
        var text = new StringBuilder();
        try {
            JsonNode problem = Json.parse(body);
            String detail =
                    problem.path("detail").asString(problem.path("error").asString(""));
            text.append(detail.isEmpty() ? "The server answered with status " + status + "." : detail);
            for (JsonNode one : problem.path("problems")) {
                String where = one.path("where").asString("");
                text.append("\n  ")
                        .append(where.isEmpty() ? "" : where + ": ")
                        .append(one.path("what").asString(""));
            }
            String id = problem.path("requestId").asString("");
            if (!id.isEmpty()) {
                text.append("\n  request id: ").append(id);
            }
        } catch (PilothouseException _) {
            text.append("The server answered with status ").append(status).append('.');
        }
        if (status == 401) {
            text.append("\n  Give a key with --key or PILOTHOUSE_API_KEY, or store one with 'pilot login'.");
        }
        return new Exit(
                switch (status) {
                    case 401, 403 -> Exit.NOT_ALLOWED;
                    case 502, 503, 504 -> Exit.UNREACHED;
                    case 400, 404, 405, 413, 415 -> Exit.USAGE;
                    default -> Exit.NOT_SO;
                },
                text.toString());
    }
}
