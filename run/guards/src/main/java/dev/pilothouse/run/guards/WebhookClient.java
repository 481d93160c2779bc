package dev.pilothouse.run.guards;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.notify.AddressGuard;
import dev.pilothouse.platform.notify.WebhookSignature;
import dev.pilothouse.run.guards.GuardPolicy.Webhook;
import java.io.IOException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Asks guards that others run. Each question has a thread of its own that waits, so that nobody else does. An address is looked up and
 * judged before each question: only public ones are asked, and the hosts that the server's configuration allows. Thread-safe.
 */
final class WebhookClient implements AutoCloseable {
    /** Bytes of an answer that are read. */
    static final int LONGEST_ANSWER = 2 << 20;

    /** Questions that wait at a time; beyond it, a guard counts as not answering. */
    private static final int MOST_WAITING = 1_000;

    private static final int LONGEST_REASON = 200;

    /** What a guard says. */
    sealed interface Said {
        /** A verdict. */
        record Verdict(Word word, String reason, Map<Integer, String> replacements) implements Said {}

        /** Nothing that can be understood, and why. */
        record Nothing(String why) implements Said {}
    }

    /** The verdicts that a guard can come to. */
    enum Word {
        ALLOW,
        FLAG,
        REDACT,
        BLOCK
    }

    private final AddressGuard addresses;
    private final InstantSource clock;
    private final Semaphore waiting = new Semaphore(MOST_WAITING);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    /** Made with the first question, since most servers ask none. Guarded by this. */
    private @Nullable HttpClient client;

    /**
     * A client.
     *
     * @param hosts hosts that may be asked though their addresses are private or this machine's own, and without TLS
     */
    WebhookClient(Set<String> hosts, InstantSource clock) {
        this.addresses = AddressGuard.ofPublic(hosts);
        this.clock = clock;
    }

    /**
     * Reads an address without looking its host up.
     *
     * @throws PilothouseException {@code address-refused} where it is none, or no guard may be asked there
     */
    URI parse(String url) {
        return addresses.parsePublic(url);
    }

    /**
     * Asks a guard.
     *
     * @param id names the question, for the signature
     * @param key what it is signed with; empty where it is not
     * @return completes within the webhook's time, and never fails
     */
    CompletableFuture<Said> ask(Webhook webhook, String id, byte[] key, ObjectNode question) {
        if (!waiting.tryAcquire()) {
            return CompletableFuture.completedFuture(
                    new Said.Nothing("too many questions wait for their answers here"));
        }
        var said = new CompletableFuture<Said>();
        Future<?> asking = threads.submit(() -> said.complete(answered(webhook, id, key, Json.write(question))));
        long millis = webhook.timeout().toMillis();
        return said.completeOnTimeout(
                        new Said.Nothing("it did not answer within " + millis + " ms"), millis, TimeUnit.MILLISECONDS)
                .whenComplete((_, _) -> {
                    asking.cancel(true);
                    waiting.release();
                })
                .thenApplyAsync(Function.identity(), threads);
    }

    private Said answered(Webhook webhook, String id, byte[] key, String question) {
        try {
            addresses.check(webhook.url());
        } catch (PilothouseException | UnknownHostException _) {
            // Clients read what is told here, and where the guard is, is not for them.
            return new Said.Nothing("its address is not known, or may not be asked from here");
        }
        try {
            var request = HttpRequest.newBuilder(webhook.url())
                    .timeout(webhook.timeout())
                    .header("content-type", "application/json")
                    .header("user-agent", "Pilothouse")
                    .POST(HttpRequest.BodyPublishers.ofString(question));
            if (key.length > 0) {
                var now = clock.instant();
                request.header("webhook-id", id)
                        .header("webhook-timestamp", Long.toString(now.getEpochSecond()))
                        .header("webhook-signature", WebhookSignature.of(key, id, now, question));
            }
            HttpResponse<byte[]> answer =
                    client().send(request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), LONGEST_ANSWER));
            return answer.statusCode() == 200
                    ? read(answer.body())
                    : new Said.Nothing("it answered with the status " + answer.statusCode());
        } catch (PilothouseException _) {
            return new Said.Nothing("its answer is no JSON");
        } catch (IOException _) {
            return new Said.Nothing(
                    "it could not be reached, or its answer was longer than " + LONGEST_ANSWER + " bytes");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return new Said.Nothing("this server stops");
        }
    }

    /**
     * Reads an answer: {@code {"action": "allow", "reason": "...", "replacements": [{"id": 0, "text": "..."}]}}.
     *
     * @throws PilothouseException where it is no JSON
     */
    static Said read(byte[] answer) {
        JsonNode json = Json.parse(answer);
        Word word =
                switch (json.path("action").asString("")) {
                    case "allow" -> Word.ALLOW;
                    case "flag" -> Word.FLAG;
                    case "redact" -> Word.REDACT;
                    case "block" -> Word.BLOCK;
                    default -> null;
                };
        if (word == null) {
            return new Said.Nothing("its 'action' is not allow, flag, redact or block");
        }
        var replacements = new HashMap<Integer, String>();
        for (JsonNode each : json.path("replacements")) {
            if (!each.path("id").isInt() || !each.path("text").isString()) {
                return new Said.Nothing("one of its 'replacements' has no number as 'id', or no string as 'text'");
            }
            replacements.put(each.path("id").intValue(), each.path("text").asString());
        }
        String reason =
                json.path("reason").asString("").replaceAll("\\p{Cntrl}", " ").strip();
        return new Said.Verdict(
                word, reason.length() > LONGEST_REASON ? reason.substring(0, LONGEST_REASON) : reason, replacements);
    }

    /** The bytes of a secret: of one in the form of the Standard Webhooks specification those it encodes. */
    static byte[] key(String secret) {
        if (secret.startsWith("whsec_")) {
            try {
                return Base64.getDecoder().decode(secret.substring("whsec_".length()));
            } catch (IllegalArgumentException _) {
                // Then it only looks like one.
            }
        }
        return secret.getBytes(StandardCharsets.UTF_8);
    }

    private synchronized HttpClient client() {
        if (client == null) {
            client = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .executor(threads)
                    .build();
        }
        return client;
    }

    @Override
    public synchronized void close() {
        if (client != null) {
            client.shutdownNow();
        }
        threads.shutdownNow();
    }
}
