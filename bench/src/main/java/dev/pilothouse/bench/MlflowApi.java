package dev.pilothouse.bench;

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
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;

/**
 * The REST calls of MLflow that benchmarks make, alike to us and to MLflow's own server. Thread-safe.
 *
 * @param base the server's address
 * @param key API key; empty where the server asks for none
 * @param http connections
 */
record MlflowApi(String base, String key, HttpClient http) {
    static MlflowApi of(String base, String key) {
        return new MlflowApi(
                base,
                key,
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(Duration.ofSeconds(10))
                        .build());
    }

    JsonNode post(String path, String body) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = http.send(request(path, body), BodyHandlers.ofByteArray());
        return read(path, answer);
    }

    CompletableFuture<JsonNode> postAsync(String path, String body) {
        return http.sendAsync(request(path, body), BodyHandlers.ofByteArray()).thenApply(answer -> {
            try {
                return read(path, answer);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    private HttpRequest request(String path, String body) {
        var request = HttpRequest.newBuilder(URI.create(base + "/api/2.0/mlflow/" + path))
                .timeout(Duration.ofSeconds(60))
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(body));
        if (!key.isEmpty()) {
            request.header("authorization", "Bearer " + key);
        }
        return request.build();
    }

    private static JsonNode read(String path, HttpResponse<byte[]> answer) throws IOException {
        if (answer.statusCode() != 200) {
            throw new IOException(path + " answered " + answer.statusCode() + ": "
                    + new String(answer.body(), StandardCharsets.UTF_8));
        }
        return Json.parse(answer.body());
    }

    String newExperiment(String name) throws IOException, InterruptedException {
        return post("experiments/create", "{\"name\":\"" + name + "\"}")
                .path("experiment_id")
                .asString();
    }

    String newRun(String experiment) throws IOException, InterruptedException {
        return runId(post("runs/create", newRunBody(experiment, 1)));
    }

    static String newRunBody(String experiment, long start) {
        return "{\"experiment_id\":\"" + experiment + "\",\"start_time\":" + (1_700_000_000_000L + start) + "}";
    }

    static String runId(JsonNode created) {
        return created.path("run").path("info").path("run_id").asString();
    }
}
