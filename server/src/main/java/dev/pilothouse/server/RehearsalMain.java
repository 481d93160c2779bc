package dev.pilothouse.server;

import dev.pilothouse.platform.json.Json;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Calls a server of its own, in a folder that is thrown away, as clients will call the one that is installed, so that the cache
 * of what Java learns of it (classes and how methods are used, JEP 514 and 515) holds the paths that matter: a server that
 * starts with it compiles them with its first requests and not after thousands. The provider that is asked for answers is here,
 * too. Arguments: the server's address and its administrator's key; ends with code 1 where the server refuses.
 */
public final class RehearsalMain {
    private static final int CLIENTS = 8;
    private static final int CALLS = 6_000;
    /** What is reached by then is enough, on a machine however slow. */
    private static final Duration LONGEST = Duration.ofSeconds(12);

    private static final String QUESTION =
            "\"messages\":[{\"role\":\"user\",\"content\":\"Where is the harbour light?\"}]}";
    private static final String USAGE = "\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":4,\"total_tokens\":16}}";
    private static final String ANSWER =
            "{\"id\":\"r\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
                    + "\"message\":{\"role\":\"assistant\",\"content\":\"On the pier.\"},\"finish_reason\":\"stop\"}],"
                    + USAGE;
    private static final String CHUNK =
            "data: {\"id\":\"r\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[%s]%s\n\n";
    private static final String STREAM = CHUNK.formatted(
                    "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"On\"}}", "}")
            + CHUNK.formatted("{\"index\":0,\"delta\":{\"content\":\" the pier.\"},\"finish_reason\":\"stop\"}", "}")
            + CHUNK.formatted("", "," + USAGE)
            + "data: [DONE]\n\n";

    private final String address;
    private final String key;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private RehearsalMain(String address, String key) {
        this.address = address;
        this.key = key;
    }

    /** Rehearses with the server at an address. */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length != 2) {
            System.err.println("usage: RehearsalMain ADDRESS KEY");
            System.exit(2);
        }
        try (var provider = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answerAll(provider));
            new RehearsalMain(args[0], args[1]).rehearse("http://127.0.0.1:" + provider.getLocalPort() + "/v1");
        } catch (IllegalStateException refused) {
            System.err.println("error: " + refused.getMessage());
            System.exit(1);
        }
        System.exit(0);
    }

    private void rehearse(String provider) throws IOException, InterruptedException {
        call("POST", "/api/v1/prices/imports?format=overlay&source=rehearsal", """
                prices:
                  - {provider: rehearsal, model: m, usd-per-million: {input: 0.1, output: 0.4}}
                """);
        call("PUT", "/api/v1/providers/rehearsal", "{\"kind\":\"compatible\",\"url\":\"" + provider + "\"}");
        call("PUT", "/api/v1/aliases/m", "{\"targets\":[{\"provider\":\"rehearsal\",\"model\":\"m\"}]}");
        for (String scope : List.of("organisation:default", "agent:a", "session:s", "tag:t")) {
            String budget = "{\"scope\":\"%s\",\"window\":\"day\",\"limitNanoUsd\":\"1000000000000\"}".formatted(scope);
            call("PUT", "/api/v1/budgets/" + scope.substring(0, scope.indexOf(':')), budget);
        }
        String experiment = call("POST", "/api/2.0/mlflow/experiments/create", "{\"name\":\"rehearsal\"}")
                .path("experiment_id")
                .stringValue();
        String run = call(
                        "POST",
                        "/api/2.0/mlflow/runs/create",
                        "{\"experiment_id\":\"%s\",\"start_time\":1}".formatted(experiment))
                .path("run")
                .path("info")
                .path("run_id")
                .stringValue();
        long end = System.nanoTime() + LONGEST.toNanos();
        var next = new AtomicInteger();
        List<Thread> clients = new ArrayList<>();
        var refusal = new AtomicReference<@Nullable Exception>();
        for (int client = 0; client < CLIENTS; client++) {
            clients.add(Thread.ofPlatform().start(() -> {
                for (int n = next.getAndIncrement(); n < CALLS && System.nanoTime() < end; n = next.getAndIncrement()) {
                    try {
                        step(n, experiment, run);
                    } catch (IOException | InterruptedException | IllegalStateException e) {
                        refusal.compareAndSet(null, e);
                        return;
                    }
                }
            }));
        }
        for (Thread client : clients) {
            client.join();
        }
        Exception refused = refusal.get();
        if (refused != null) {
            throw new IllegalStateException("The rehearsal broke off: " + refused.getMessage(), refused);
        }
    }

    /** Most calls are of language models, whole and as a stream; some are of tracking. */
    private void step(int n, String experiment, String run) throws IOException, InterruptedException {
        switch (n % 10) {
            case 0 -> call("POST", "/v1/messages", "{\"model\":\"m\",\"max_tokens\":64," + QUESTION);
            case 1, 2, 3 -> call("POST", "/v1/chat/completions", "{\"model\":\"m\",\"stream\":true," + QUESTION);
            case 4 -> call("POST", "/api/2.0/mlflow/runs/log-batch", metrics(run, n));
            case 5 -> {
                if (n % 50 == 5) {
                    call("POST", "/api/2.0/mlflow/runs/search", "{\"experiment_ids\":[\"" + experiment + "\"]}");
                }
            }
            default -> call("POST", "/v1/chat/completions", "{\"model\":\"m\",\"max_tokens\":64," + QUESTION);
        }
    }

    private static String metrics(String run, int step) {
        var batch = Json.object().put("run_id", run);
        var metrics = batch.putArray("metrics");
        for (int each = 0; each < 20; each++) {
            metrics.addObject()
                    .put("key", "loss")
                    .put("value", 1.0 / (step + each + 1))
                    .put("timestamp", step)
                    .put("step", step + each);
        }
        return batch.toString();
    }

    private JsonNode call(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .header("authorization", "Bearer " + key)
                .header("content-type", "application/json")
                .header("x-pilothouse-agent", "a")
                .header("x-pilothouse-session", "s")
                .header("x-pilothouse-tags", "t")
                .build();
        var answer = http.send(request, BodyHandlers.ofByteArray());
        if (answer.statusCode() >= 300) {
            throw new IllegalStateException(path + " was answered " + answer.statusCode() + ": "
                    + new String(answer.body(), StandardCharsets.UTF_8));
        }
        return answer.headers().firstValue("content-type").orElse("").startsWith("application/json")
                ? Json.parse(answer.body())
                : Json.object();
    }

    private static void answerAll(ServerSocket provider) {
        while (!provider.isClosed()) {
            try {
                Socket client = provider.accept();
                Thread.ofVirtual().start(() -> answer(client));
            } catch (IOException _) {
                return;
            }
        }
    }

    /** Answers each request on a connection at once, as far as a provider's side of the protocol is needed here. */
    private static void answer(Socket client) {
        try (client) {
            client.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(client.getInputStream());
            OutputStream out = client.getOutputStream();
            for (int length = bodyLength(in); length >= 0; length = bodyLength(in)) {
                String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
                boolean stream = body.contains("\"stream\":true");
                byte[] answer = (stream ? STREAM : ANSWER).getBytes(StandardCharsets.UTF_8);
                String head = "HTTP/1.1 200 OK\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n"
                        .formatted(stream ? "text/event-stream" : "application/json", answer.length);
                out.write(head.getBytes(StandardCharsets.US_ASCII));
                out.write(answer);
                out.flush();
            }
        } catch (IOException _) {
            // The server has closed it.
        }
    }

    /** Reads a request's head; -1 at the end of the connection. */
    private static int bodyLength(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (!(head.length() >= 4 && head.substring(head.length() - 4).equals("\r\n\r\n"))) {
            int read = in.read();
            if (read < 0) {
                return -1;
            }
            head.append((char) read);
        }
        for (String line : head.toString().toLowerCase(Locale.ROOT).lines().toList()) {
            if (line.startsWith("content-length:")) {
                return Integer.parseInt(
                        line.substring("content-length:".length()).strip());
            }
        }
        return 0;
    }
}
