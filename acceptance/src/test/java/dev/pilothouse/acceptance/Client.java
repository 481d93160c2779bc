package dev.pilothouse.acceptance;

import static org.awaitility.Awaitility.await;

import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import tools.jackson.databind.JsonNode;

/**
 * A plain HTTP client with one key.
 *
 * @param base the server's address
 * @param key API key; empty for none
 */
record Client(URI base, String key) {
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    /** What the server answered. */
    record Answer(int status, HttpHeaders headers, byte[] bytes) {
        String text() {
            return new String(bytes, StandardCharsets.UTF_8);
        }

        JsonNode json() {
            return Json.parse(bytes);
        }

        String header(String name) {
            return headers.firstValue(name).orElse("");
        }

        /** This answer, where it has the status; fails with its body otherwise. */
        Answer expect(int expected) {
            if (status != expected) {
                throw new AssertionError("Expected " + expected + " but the server answered " + status + ": " + text());
            }
            return this;
        }
    }

    Client as(String other) {
        return new Client(base, other);
    }

    Answer get(String path) {
        return send("GET", path, "", new byte[0]);
    }

    Answer post(String path, String json) {
        return send("POST", path, "application/json", json.getBytes(StandardCharsets.UTF_8));
    }

    Answer put(String path, byte[] body) {
        return send("PUT", path, "application/octet-stream", body);
    }

    Answer send(String method, String path, String mediaType, byte[] body, String... headers) {
        var request = HttpRequest.newBuilder(URI.create(base + path))
                .timeout(Duration.ofMinutes(1))
                .method(method, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        if (!key.isEmpty()) {
            request.header("authorization", "Bearer " + key);
        }
        if (!mediaType.isEmpty()) {
            request.header("content-type", mediaType);
        }
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        try {
            var answer = HTTP.send(request.build(), BodyHandlers.ofByteArray());
            return new Answer(answer.statusCode(), answer.headers(), answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Adds a principal with these roles and gives a client that speaks for it. */
    Client principal(String name, String... roles) {
        String list = roles.length == 0 ? "[]" : "[\"" + String.join("\",\"", roles) + "\"]";
        String id = post("/api/v1/principals", "{\"kind\":\"person\",\"name\":\"" + name + "\",\"roles\":" + list + "}")
                .expect(201)
                .json()
                .path("id")
                .asString();
        String made = post(
                        "/api/v1/keys",
                        "{\"name\":\"" + name + "\",\"principal\":\"" + id + "\",\"roles\":" + list + "}")
                .expect(201)
                .json()
                .path("key")
                .asString();
        return as(made);
    }

    /** Registers a graph as a model's next version. */
    void addModel(String name, byte[] graph) {
        send("POST", "/api/v1/models/" + name + "/versions?file=model.onnx", "application/octet-stream", graph)
                .expect(201);
    }

    /** Registers a graph as a model and releases it as a service of the same name. */
    void serve(String name, byte[] graph) {
        addModel(name, graph);
        String yaml = "apiVersion: pilothouse.dev/v1\nkind: Service\nmetadata:\n  name: " + name + "\nmodel:\n  name: "
                + name;
        send("POST", "/api/v1/apply", "application/yaml", yaml.getBytes(StandardCharsets.UTF_8))
                .expect(200);
        post("/api/v1/services/" + name + "/releases", "{\"model\":\"" + name + "/1\"}")
                .expect(201);
        await().atMost(Duration.ofMinutes(2)).until(() -> state(name).equals("promoted"));
    }

    /** What the service says about itself and its newest release. */
    JsonNode service(String name) {
        return get("/api/v1/services/" + name).expect(200).json();
    }

    /** State of a service's newest release. */
    String state(String service) {
        return service(service).path("release").path("state").asString("");
    }
}
