package dev.pilothouse.run.gateway;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;

/** A guard that somebody else runs, and that says what it is told to. */
final class OutsideGuard implements AutoCloseable {
    final List<String> asked = new CopyOnWriteArrayList<>();
    /** What the questions were signed with: id, seconds and signature; empty where they were not. */
    final List<List<String>> signed = new CopyOnWriteArrayList<>();

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile UnaryOperator<String> says = _ -> "";

    OutsideGuard() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/check", this::answer);
        server.start();
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/check";
    }

    /** What it answers from here on; nothing at all where it is {@code hang}. */
    void says(String answer) {
        says = _ -> answer;
    }

    /** What it answers to a question from here on. */
    void says(UnaryOperator<String> answer) {
        says = answer;
    }

    private void answer(HttpExchange exchange) throws IOException {
        String question = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        asked.add(question);
        signed.add(List.of("webhook-id", "webhook-timestamp", "webhook-signature").stream()
                .map(name ->
                        Objects.requireNonNullElse(exchange.getRequestHeaders().getFirst(name), ""))
                .toList());
        String said = says.apply(question);
        if (said.equals("hang")) {
            return;
        }
        byte[] answer = said.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
