package dev.pilothouse.run.gateway;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.RequestOptions;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.RequestHeadersBuilder;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.SplitHttpResponse;
import com.linecorp.armeria.common.stream.StreamMessage;
import com.linecorp.armeria.common.util.Exceptions;
import dev.pilothouse.run.llm.Dialect;
import dev.pilothouse.run.providers.Probe;
import dev.pilothouse.run.providers.Provider;
import dev.pilothouse.run.providers.ProviderAnswer;
import io.netty.util.AsciiString;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/** A provider as it is called: its connections, and the key that is sent. Immutable. */
final class Upstream {
    /** Names a request and its attempt to the provider, so that its log and ours can be laid side by side. */
    private static final AsciiString ATTEMPT = AsciiString.cached("x-pilothouse-attempt");

    private static final AsciiString API_KEY = AsciiString.cached("x-api-key");
    private static final AsciiString AZURE_KEY = AsciiString.cached("api-key");
    private static final AsciiString ANTHROPIC_VERSION = AsciiString.cached("anthropic-version");
    private static final AsciiString ANTHROPIC_BETA = AsciiString.cached("anthropic-beta");
    private static final AsciiString OPENAI_BETA = AsciiString.cached("openai-beta");
    private static final long LONGEST_PROBED = 4 << 20;
    private static final String USUAL_VERSION = "2023-06-01";

    private final Provider provider;
    private final String key;
    /** What stands behind every path, with its question mark, or empty. */
    private final String query;

    private final WebClient client;
    /** Reaches the provider's own address from its root, and nothing else: no redirect is followed. */
    private final WebClient root;

    /**
     * @param key the provider's key, or empty
     */
    Upstream(Provider provider, String key, ClientFactory connections, long maxAnswer) {
        this.provider = provider;
        this.key = key;
        String url = provider.url().toString();
        int query = url.indexOf('?');
        this.query = query < 0 ? "" : url.substring(query);
        url = query < 0 ? url : url.substring(0, query);
        // Over TLS both sides agree on the version; in plain text most providers know HTTP/1.1 only.
        String address = url.startsWith("http:") ? "h1c" + url.substring("http".length()) : url;
        this.client = WebClient.builder(address)
                .factory(connections)
                .responseTimeout(Duration.ZERO)
                .maxResponseLength(maxAnswer)
                .build();
        int path = address.indexOf('/', address.indexOf("://") + "://".length());
        this.root = WebClient.builder(path < 0 ? address : address.substring(0, path))
                .factory(connections)
                .maxResponseLength(LONGEST_PROBED)
                .build();
    }

    Provider provider() {
        return provider;
    }

    boolean isFor(Provider other, String otherKey) {
        return provider.equals(other) && key.equals(otherKey);
    }

    /**
     * Sends a request.
     *
     * @param model the provider's name of the model
     * @param from the client's headers, of which those are passed on that change what is answered
     */
    HttpResponse send(
            Dialect dialect, String model, RequestHeaders from, String traceparent, String attempt, byte[] body) {
        // A form's boundary is the client's, as its bytes are.
        String type = dialect.isForm() ? from.get(HttpHeaderNames.CONTENT_TYPE, "") : MediaType.JSON.toString();
        RequestHeadersBuilder headers = RequestHeaders.builder(HttpMethod.POST, path(dialect, model))
                .set(HttpHeaderNames.CONTENT_TYPE, type)
                .set(HttpHeaderNames.USER_AGENT, "pilothouse")
                .set("traceparent", traceparent)
                .set(ATTEMPT, attempt);
        if (dialect.family() == Dialect.Family.ANTHROPIC) {
            headers.set(ANTHROPIC_VERSION, from.get(ANTHROPIC_VERSION, USUAL_VERSION));
            pass(from, headers, ANTHROPIC_BETA);
        } else {
            pass(from, headers, OPENAI_BETA);
        }
        authorize(headers);
        return client.execute(
                HttpRequest.of(headers.build(), HttpData.wrap(body)),
                RequestOptions.builder().responseTimeout(provider.deadline()).build());
    }

    private void authorize(RequestHeadersBuilder headers) {
        if (key.isEmpty()) {
            return;
        }
        switch (provider.kind()) {
            case ANTHROPIC -> headers.set(API_KEY, key);
            case AZURE -> headers.set(AZURE_KEY, key);
            case OPENAI, COMPATIBLE -> headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + key);
        }
    }

    /** Asks whether it answers; completes with the status of its answer. */
    CompletableFuture<Integer> ask(Probe probe) {
        RequestHeadersBuilder headers =
                RequestHeaders.builder(HttpMethod.GET, probe.path()).set(HttpHeaderNames.USER_AGENT, "pilothouse");
        if (provider.kind() == Provider.Kind.ANTHROPIC) {
            headers.set(ANTHROPIC_VERSION, USUAL_VERSION);
        }
        authorize(headers);
        return root.execute(
                        HttpRequest.of(headers.build()),
                        RequestOptions.builder()
                                .responseTimeout(probe.timeout())
                                .build())
                .aggregate()
                .thenApply(answer -> answer.status().code());
    }

    /** Sends what is no call of a model, and waits for the head of the answer; its body is read as it comes, of whatever length. */
    ProviderAnswer ask(HttpMethod method, String path, String contentType, InputStream body) {
        RequestHeadersBuilder headers =
                RequestHeaders.builder(method, path).set(HttpHeaderNames.USER_AGENT, "pilothouse");
        authorize(headers);
        HttpRequest request = contentType.isEmpty()
                ? HttpRequest.of(headers.build())
                : HttpRequest.of(
                        headers.set(HttpHeaderNames.CONTENT_TYPE, contentType).build(), StreamMessage.of(body));
        SplitHttpResponse answer = client.execute(
                        request,
                        RequestOptions.builder()
                                .responseTimeout(provider.deadline())
                                .maxResponseLength(0)
                                .build())
                .split();
        try {
            ResponseHeaders head = answer.headers().join();
            return new ProviderAnswer(
                    head.status().code(),
                    head.get(HttpHeaderNames.CONTENT_TYPE, MediaType.OCTET_STREAM.toString()),
                    answer.body().toInputStream(Function.identity()));
        } catch (CompletionException e) {
            throw TargetFaults.lost(provider.name(), Exceptions.peel(e));
        }
    }

    /** Azure's older addresses name the model before what is asked of it. */
    private String path(Dialect dialect, String model) {
        String deployment = provider.namesModelInPath()
                ? "/" + URLEncoder.encode(model, StandardCharsets.UTF_8).replace("+", "%20")
                : "";
        return deployment + dialect.path() + query;
    }

    private static void pass(RequestHeaders from, RequestHeadersBuilder to, AsciiString name) {
        String value = from.get(name);
        if (value != null) {
            to.set(name, value);
        }
    }
}
