package dev.pilothouse.bench.measure;

import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/**
 * Calls of our own API that benchmarks make. Thread-safe.
 *
 * @param base the server's address
 * @param key API key
 * @param http connections
 */
public record Api(String base, String key, HttpClient http) {
    private static final List<String> ENDS = List.of("promoted", "rolled-back", "rejected", "aborted");

    /** Calls with the key that a server printed. */
    public static Api of(Program.Server server) {
        return new Api(
                server.address(),
                server.adminKey(),
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(Duration.ofSeconds(10))
                        .build());
    }

    /** The answer, whatever it is; waits 30 seconds at most. */
    public HttpResponse<byte[]> send(String method, String path, byte[] body) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create(base + path))
                        .timeout(Duration.ofSeconds(30))
                        .header("authorization", "Bearer " + key)
                        .header("content-type", path.contains("/apply") ? "application/yaml" : "application/json")
                        .method(method, BodyPublishers.ofByteArray(body))
                        .build(),
                BodyHandlers.ofByteArray());
    }

    /** The answer, where it is a success. */
    public JsonNode call(String method, String path, String body) throws IOException, InterruptedException {
        return call(method, path, body.getBytes(StandardCharsets.UTF_8));
    }

    /** As the other. */
    public JsonNode call(String method, String path, byte[] body) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = send(method, path, body);
        if (answer.statusCode() / 100 != 2) {
            throw new IOException(method + " " + path + " answered " + answer.statusCode() + ": "
                    + new String(answer.body(), StandardCharsets.UTF_8));
        }
        return Json.parse(answer.body());
    }

    /** Registers a version of a model; answers its label. */
    public String register(String model, byte[] graph) throws IOException, InterruptedException {
        return call("POST", "/api/v1/models/" + model + "/versions?file=model.onnx", graph)
                .path("version")
                .asString();
    }

    /** Begins a release of a service. */
    public void release(String service) throws IOException, InterruptedException {
        call("POST", "/api/v1/services/" + service + "/releases", "{}");
    }

    /** Pauses, promotes or ends the rollout of a service. */
    public void steer(String service, String action) throws IOException, InterruptedException {
        call(
                "POST",
                "/api/v1/services/" + service + "/rollout",
                "{\"action\":\"" + action + "\",\"reason\":\"benchmark\"}");
    }

    /** Waits until the release of a service is in one of these states, a minute at most; answers the state. */
    public String await(String service, List<String> states) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (true) {
            String state = call("GET", "/api/v1/services/" + service, new byte[0])
                    .path("release")
                    .path("state")
                    .asString();
            if (states.contains(state) || ENDS.contains(state) || System.nanoTime() > deadline) {
                return state;
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    /** Waits for the end of a service's release; answers how it ended. */
    public String end(String service) throws IOException, InterruptedException {
        return await(service, List.of());
    }
}
