package dev.pilothouse.platform.notify;

import dev.pilothouse.kernel.PilothouseException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Posts JSON to addresses that somebody named. Thread-safe; blocks. */
final class Posts implements AutoCloseable {
    /** Longest answer that is read; a longer one is cut off and counts as none. */
    private static final int MAX_ANSWER = 64 << 10;

    private static final int GONE = 410;

    /** Made for the first message: it reads all certificates that the system trusts. */
    private @Nullable HttpClient client;

    private final AddressGuard guard;
    private final Duration timeout;

    Posts(AddressGuard guard, Duration timeout) {
        this.guard = guard;
        this.timeout = timeout;
    }

    private synchronized HttpClient client() {
        if (client == null) {
            client = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(timeout)
                    .build();
        }
        return client;
    }

    Attempt post(URI url, Map<String, String> headers, String body) throws InterruptedException {
        try {
            guard.check(url);
        } catch (UnknownHostException e) {
            return new Attempt.Failed("The host " + url.getHost() + " has no address.");
        } catch (PilothouseException e) {
            return new Attempt.Refused(e.detail());
        }
        var builder = HttpRequest.newBuilder(url)
                .timeout(timeout)
                .header("content-type", "application/json")
                .header("user-agent", "Pilothouse")
                .POST(HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8));
        headers.forEach(builder::header);
        var request = builder.build();
        var answer = client().sendAsync(
                        request,
                        HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.discarding(), MAX_ANSWER));
        try {
            return judge(answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS).statusCode());
        } catch (TimeoutException e) {
            // the request's own time limit ends with the answer's head; this one covers its body
            answer.cancel(true);
            return new Attempt.Failed("No whole answer came within " + timeout.toSeconds() + " s.");
        } catch (ExecutionException e) {
            return new Attempt.Failed(describe(e.getCause()));
        }
    }

    private static Attempt judge(int status) {
        if (status >= 200 && status < 300) {
            return new Attempt.Taken("The receiver answered " + status + ".");
        }
        if (status == GONE) {
            return new Attempt.Refused("The receiver answered 410: it does not want this any more.");
        }
        return new Attempt.Failed(
                status >= 300 && status < 400
                        ? "The receiver answered " + status
                                + ", a redirect; webhooks do not follow those. Name the final address."
                        : "The receiver answered " + status + ".");
    }

    private String describe(@Nullable Throwable cause) {
        return switch (cause) {
            case java.net.http.HttpTimeoutException _ -> "No answer came within " + timeout.toSeconds() + " s.";
            case java.net.ConnectException _ -> "The receiver did not accept the connection.";
            case javax.net.ssl.SSLException _ -> "The receiver's TLS certificate or connection was not acceptable.";
            case null, default -> "The connection broke off, or the answer was longer than " + MAX_ANSWER + " bytes.";
        };
    }

    @Override
    public synchronized void close() {
        if (client != null) {
            client.shutdownNow();
        }
    }
}
