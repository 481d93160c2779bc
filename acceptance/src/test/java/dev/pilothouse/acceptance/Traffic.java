package dev.pilothouse.acceptance;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/** Clients that ask a table model for its entries 0, 1 and 2 in turn, until closed. */
final class Traffic implements AutoCloseable {
    private static final int CLIENTS = 2;
    private static final long PAUSE_NANOS = 2_000_000;

    private final AtomicBoolean open = new AtomicBoolean(true);
    private final AtomicLong sent = new AtomicLong();
    /** Answers by status and version. */
    private final Map<String, AtomicLong> answers = new ConcurrentHashMap<>();

    private final List<Thread> threads;

    Traffic(Client client, String service) {
        threads = IntStream.range(0, CLIENTS)
                .mapToObj(i -> Thread.ofPlatform().daemon().name("traffic-" + i).start(() -> run(client, service)))
                .toList();
    }

    private void run(Client client, String service) {
        while (open.get()) {
            long n = sent.getAndIncrement();
            try {
                var answer = client.send(
                        "POST",
                        "/v2/models/" + service + "/infer",
                        "application/json",
                        ask(n % 3),
                        "x-pilothouse-key",
                        "customer-" + n);
                count(answer.status() + " " + answer.header("x-pilothouse-version"));
            } catch (RuntimeException e) {
                // The server was killed on purpose; clients try again.
                count("broken");
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void count(String what) {
        answers.computeIfAbsent(what, _ -> new AtomicLong()).incrementAndGet();
    }

    static byte[] ask(long entry) {
        return ("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"INT64\",\"shape\":[1],\"data\":[" + entry + "]}]}")
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    /** How many requests got this answer, such as {@code "200 2"}: status and version. */
    long count(int status, int version) {
        AtomicLong found = answers.get(status + " " + version);
        return found == null ? 0 : found.get();
    }

    /** What came back that was no answer of the model: statuses other than 200, with their versions. */
    List<String> refused() {
        return answers.keySet().stream()
                .filter(what -> !what.startsWith("200 "))
                .toList();
    }

    /** What came back so far, for messages. */
    String seen() {
        return answers.toString();
    }

    @Override
    public void close() {
        open.set(false);
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
