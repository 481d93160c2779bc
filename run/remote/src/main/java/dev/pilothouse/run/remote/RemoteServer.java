package dev.pilothouse.run.remote;

import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.client.WebClientBuilder;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** One server behind us, and how busy we keep it. Thread-safe. */
final class RemoteServer {
    /** A server that could not be reached is asked last for this long. */
    private static final long AVOIDED_NANOS = Duration.ofSeconds(1).toNanos();

    private final URI uri;
    private final WebClient client;
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile long lostAt = System.nanoTime() - AVOIDED_NANOS;

    RemoteServer(URI base, Duration deadline, long maxBody) {
        String authority = base.getRawAuthority();
        this.uri = URI.create(base.getScheme() + "://" + authority.substring(authority.indexOf('@') + 1)
                + (base.getRawPath() == null ? "" : base.getRawPath()));
        // Most servers of the protocol speak HTTP/1.1 only, and answer the attempt of another version with an error.
        String root =
                base.getScheme().equals("http") ? "h1c" + uri.toString().substring("http".length()) : uri.toString();
        WebClientBuilder builder =
                WebClient.builder(root).responseTimeout(deadline).maxResponseLength(maxBody);
        if (base.getUserInfo() != null) {
            byte[] credentials = base.getUserInfo().getBytes(StandardCharsets.UTF_8);
            builder.addHeader("authorization", "Basic " + Base64.getEncoder().encodeToString(credentials));
        }
        this.client = builder.build();
    }

    /** Its address, without credentials. */
    URI uri() {
        return uri;
    }

    /** Requests in flight; more than any real number while it is avoided. */
    int load() {
        return System.nanoTime() - lostAt < AVOIDED_NANOS ? Integer.MAX_VALUE : inFlight.get();
    }

    CompletableFuture<AggregatedHttpResponse> send(HttpRequest request) {
        inFlight.incrementAndGet();
        return client.execute(request).aggregate().whenComplete((_, _) -> inFlight.decrementAndGet());
    }

    /** Says that it could not be reached. */
    void lost() {
        lostAt = System.nanoTime();
    }
}
