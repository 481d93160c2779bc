package dev.pilothouse.run.gateway;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import tools.jackson.databind.JsonNode;

/** A provider that says what its last message says, in pieces of three characters where it is asked to stream, and remembers what it got. */
final class EchoProvider implements AutoCloseable {
    final List<String> received = new CopyOnWriteArrayList<>();
    private final HttpServer server;

    EchoProvider() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/chat/completions", this::answer);
        server.start();
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        received.add(body);
        JsonNode asked = Json.parse(body);
        JsonNode messages = asked.path("messages");
        String said = messages.path(messages.size() - 1).path("content").asString();
        if (said.startsWith("fail with ")) {
            byte[] error = Json.bytes(Json.object().set("error", Json.object().put("message", "I will not: " + said)));
            exchange.sendResponseHeaders(422, error.length);
            exchange.getResponseBody().write(error);
            exchange.close();
            return;
        }
        boolean stream = asked.path("stream").asBoolean(false);
        byte[] answer = (stream ? stream(said) : whole(said)).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", stream ? "text/event-stream" : "application/json");
        exchange.sendResponseHeaders(200, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    private static String whole(String said) {
        var answer = Json.object().put("id", "echo").put("object", "chat.completion");
        answer.putArray("choices")
                .addObject()
                .put("index", 0)
                .put("finish_reason", "stop")
                .putObject("message")
                .put("role", "assistant")
                .put("content", said);
        answer.putObject("usage")
                .put("prompt_tokens", 10)
                .put("completion_tokens", 20)
                .put("total_tokens", 30);
        return Json.write(answer);
    }

    private static String stream(String said) {
        var events = new StringBuilder();
        for (int at = 0; at < said.length(); at += 3) {
            var chunk = Json.object().put("id", "echo").put("object", "chat.completion.chunk");
            chunk.putArray("choices")
                    .addObject()
                    .put("index", 0)
                    .putObject("delta")
                    .put("content", said.substring(at, Math.min(said.length(), at + 3)));
            events.append("data: ").append(Json.write(chunk)).append("\n\n");
        }
        return events
                + "data: {\"id\":\"echo\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                + "data: {\"id\":\"echo\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":20,\"total_tokens\":30}}\n\n"
                + "data: [DONE]\n\n";
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
