package dev.pilothouse.run.gateway;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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

    /** What the deltas of a stream of chat completions say together. */
    static String streamed(HttpResponse<String> answer) {
        var text = new StringBuilder();
        answer.body()
                .lines()
                .filter(line -> line.startsWith("data: {"))
                .forEach(line -> text.append(Json.parse(line.substring(6))
                        .at("/choices/0/delta/content")
                        .asString("")));
        return text.toString();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        received.add(body);
        JsonNode asked = Json.parse(body);
        JsonNode messages = asked.path("messages");
        String said = messages.path(messages.size() - 1).path("content").asString();
        boolean stream = asked.path("stream").asBoolean(false);
        if (said.startsWith("fail with ")) {
            String error = Json.write(Json.object().set("error", Json.object().put("message", "I will not: " + said)));
            send(exchange, 422, "application/json", error);
        } else if (said.startsWith("break with ")) {
            send(exchange, 413, "text/html", "<html><body>Too large: " + said + "</body></html>");
        } else if (stream) {
            exchange.getResponseHeaders().set("content-type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            for (String event : stream(said)) {
                exchange.getResponseBody().write(event.getBytes(StandardCharsets.UTF_8));
                exchange.getResponseBody().flush();
            }
            exchange.close();
        } else {
            send(exchange, 200, "application/json", whole(said));
        }
    }

    private static void send(HttpExchange exchange, int status, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", type);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
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

    private static List<String> stream(String said) {
        var events = new ArrayList<String>();
        for (int at = 0; at < said.length(); at += 3) {
            var chunk = Json.object().put("id", "echo").put("object", "chat.completion.chunk");
            chunk.putArray("choices")
                    .addObject()
                    .put("index", 0)
                    .putObject("delta")
                    .put("content", said.substring(at, Math.min(said.length(), at + 3)));
            events.add("data: " + Json.write(chunk) + "\n\n");
        }
        events.add("data: {\"id\":\"echo\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
        events.add("data: {\"id\":\"echo\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":20,"
                + "\"total_tokens\":30}}\n\n");
        events.add("data: [DONE]\n\n");
        return events;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
