package dev.pilothouse.run.fleet;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** Asks processes over HTTP whether they are well. Blocks. Thread-safe. */
final class Probe implements AutoCloseable {
    private final HttpClient client;
    private final Duration timeout;

    Probe(Duration timeout) {
        this.timeout = timeout;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(timeout)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    /** Empty where it answered 2xx, else what it did, in words. */
    Optional<String> failure(URI address, String path) throws InterruptedException {
        URI uri = URI.create(address + (path.startsWith("/") ? path : "/" + path));
        try {
            var request = HttpRequest.newBuilder(uri).timeout(timeout).GET().build();
            int status =
                    client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            return status / 100 == 2 ? Optional.empty() : Optional.of("GET " + uri + " answered " + status);
        } catch (IOException e) {
            return Optional.of("GET " + uri + " got no answer");
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
