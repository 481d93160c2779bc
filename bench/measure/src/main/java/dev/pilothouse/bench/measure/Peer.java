package dev.pilothouse.bench.measure;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Another server on this machine as a process, with all that it starts. Closing ends them. */
public final class Peer implements AutoCloseable {
    private static final Duration TO_START = Duration.ofMinutes(2);

    private final Process process;
    private final Path log;

    private Peer(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** A port that nobody listens on now. */
    public static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /**
     * Starts a command.
     *
     * @param folder where it works
     * @param log file that takes what it prints
     * @param environment what its environment has besides ours
     */
    public static Peer start(Path folder, Path log, Map<String, String> environment, List<String> command)
            throws IOException {
        var builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        return new Peer(builder.start(), log);
    }

    /**
     * Waits until a request is answered with 200, two minutes at most.
     *
     * @throws IOException where it ends before, or answers nothing like that
     */
    public void await(HttpRequest request) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TO_START.toNanos();
        // Some servers lose the body of a request that offers to go on in HTTP/2.
        try (HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            while (process.isAlive() && System.nanoTime() < deadline) {
                try {
                    if (http.send(request, BodyHandlers.discarding()).statusCode() == 200) {
                        return;
                    }
                } catch (IOException _) {
                    // Not listening yet.
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
        List<String> lines = Files.readAllLines(log);
        throw new IOException(request.uri() + " did not answer: "
                + String.join("\n", lines.subList(Math.max(0, lines.size() - 5), lines.size())));
    }

    /** Resident memory of all its processes, in MiB; what they share counts for each. */
    public double residentMegabytes() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .mapToDouble(one -> Footprint.residentMegabytes(one.pid()))
                .filter(megabytes -> !Double.isNaN(megabytes))
                .sum();
    }

    /** A request that posts JSON. */
    public static HttpRequest post(String url, String body, Map<String, String> headers) {
        var request = HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofSeconds(10))
                .POST(HttpRequest.BodyPublishers.ofString(body));
        headers.forEach(request::header);
        return request.build();
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (InterruptedException _) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
