package dev.pilothouse.simulators.llm;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.simulators.llm.Behaviour.Fault;
import dev.pilothouse.simulators.llm.ProviderError.Refused;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.AsciiString;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the simulator does with a request. Thread-safe; runs on the event loops. */
final class Provider {
    /** A configuration and what follows from it. */
    private record Setup(SimulatorConfig config, Models models) {}

    private static final Map<String, Protocol> PATHS = Map.ofEntries(
            Map.entry("/v1/chat/completions", Protocol.CHAT),
            Map.entry("/v1/completions", Protocol.COMPLETIONS),
            Map.entry("/v1/responses", Protocol.RESPONSES),
            Map.entry("/v1/embeddings", Protocol.EMBEDDINGS),
            Map.entry("/v1/moderations", Protocol.MODERATIONS),
            Map.entry("/v1/images/generations", Protocol.IMAGES),
            Map.entry("/v1/images/edits", Protocol.IMAGE_EDITS),
            Map.entry("/v1/images/variations", Protocol.IMAGE_VARIATIONS),
            Map.entry("/v1/audio/speech", Protocol.SPEECH),
            Map.entry("/v1/audio/transcriptions", Protocol.TRANSCRIPTIONS),
            Map.entry("/v1/audio/translations", Protocol.TRANSLATIONS),
            Map.entry("/v1/rerank", Protocol.RERANK),
            Map.entry("/v1/messages", Protocol.MESSAGES),
            Map.entry("/v1/messages/count_tokens", Protocol.COUNT_TOKENS));
    private static final String CONTROL = "x-sim-";
    /** Azure's addresses: of OpenAI's protocol as it is, or of a deployment by a dated version. */
    private static final Pattern AZURE =
            Pattern.compile("/openai/(?:v1|deployments/[^/?]+(?=/[^?]*\\?api-version=))(/[^?]*)(?:\\?.*)?");

    private final InstantSource clock;
    private final Control control = new Control(this);
    private final Shelf shelf;
    private final Set<Channel> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger invoices = new AtomicInteger();
    private volatile Setup setup;
    private volatile Invoice invoice;

    Provider(SimulatorConfig config, InstantSource clock) {
        this.clock = clock;
        this.shelf = new Shelf(clock);
        this.setup = new Setup(config, new Models(config));
        this.invoice = newInvoice();
    }

    private Invoice newInvoice() {
        return new Invoice(
                Integer.toString(invoices.getAndIncrement(), Character.MAX_RADIX) + "-", setup.config.maxLines());
    }

    SimulatorConfig config() {
        return setup.config;
    }

    void configure(SimulatorConfig config) {
        setup = new Setup(config, new Models(config));
    }

    Invoice invoice() {
        return invoice;
    }

    void reset() {
        invoice = newInvoice();
    }

    int maxBody() {
        return setup.config.maxBody();
    }

    void joined(Channel channel) {
        open.add(channel);
    }

    void left(Channel channel) {
        open.remove(channel);
    }

    Set<Channel> open() {
        return open;
    }

    /** Answers a request, now or later. */
    void answer(Connection connection, HttpRequest request, byte[] body, int length) {
        Setup now = setup;
        connection.echo("");
        String uri = request.uri();
        int query = uri.indexOf('?');
        String azure = azure(uri);
        String path = !azure.isEmpty() ? azure : query < 0 ? uri : uri.substring(0, query);
        Protocol protocol = PATHS.get(path);
        boolean anthropic = protocol == null ? request.headers().contains("anthropic-version") : protocol.anthropic();
        try {
            if (protocol == null && path.startsWith("/sim/")) {
                control.answer(connection, request.method(), uri, Arrays.copyOf(body, length));
                return;
            }
            admit(now, request, anthropic, !azure.isEmpty(), protocol);
            if (protocol == null && Shelf.has(path)) {
                String type = request.headers().get(HttpHeaderNames.CONTENT_TYPE, "");
                shelf.answer(
                        connection,
                        request.method(),
                        azure.isEmpty() ? uri : path,
                        type,
                        Arrays.copyOf(body, length),
                        (url, line) -> batched(now, url, line));
            } else if (protocol == null) {
                now.models.answer(connection, request.method(), path, anthropic);
            } else if (!request.method().equals(HttpMethod.POST)) {
                throw ProviderError.WRONG_METHOD.because("Not allowed to " + request.method() + " on " + path + ".");
            } else {
                call(now, connection, request.headers(), ask(protocol, request.headers(), body, length));
            }
        } catch (Refused refused) {
            refuse(connection, refused.error(), refused.text(), refused.param(), anthropic);
        } catch (PilothouseException wrong) {
            refuse(connection, ProviderError.of(wrong.code().status()), wrong.detail(), "", anthropic);
        }
    }

    /** The path of OpenAI's that one of Azure's stands for; empty where it is none of Azure's. */
    private static String azure(String uri) {
        if (!uri.startsWith("/openai/")) {
            return "";
        }
        Matcher azure = AZURE.matcher(uri);
        return azure.matches() ? "/v1" + azure.group(1) : "";
    }

    private static void refuse(
            Connection connection, ProviderError error, String message, String param, boolean anthropic) {
        JsonText out = connection.text();
        connection.head(out, error.status(), "application/json", "", anthropic);
        out.lengthAndBody();
        if (anthropic) {
            error.anthropic(out, message, "");
        } else {
            error.openAi(out, message, param);
        }
        connection.finish(out.endBody());
    }

    private static void admit(
            Setup now, HttpRequest request, boolean anthropic, boolean azure, @Nullable Protocol protocol) {
        String key = now.config.apiKey();
        HttpHeaders headers = request.headers();
        if (!key.isEmpty()
                && !Connection.isBearer(request, key)
                && !(anthropic && key.equals(headers.get("x-api-key")))
                && !(azure && key.equals(headers.get("api-key")))) {
            throw ProviderError.UNAUTHENTICATED.because(
                    anthropic ? "invalid x-api-key" : "Incorrect API key provided.");
        }
        if (protocol != null && anthropic && !headers.contains("anthropic-version")) {
            throw ProviderError.INVALID.because("anthropic-version: header is required");
        }
    }

    private static Ask ask(Protocol protocol, HttpHeaders headers, byte[] body, int length) {
        return protocol.isForm()
                ? Protocol.Form.read(headers.get(HttpHeaderNames.CONTENT_TYPE, ""), body, length)
                        .ask(protocol)
                : Ask.read(protocol, body, length);
    }

    private void call(Setup now, Connection connection, HttpHeaders headers, Ask ask) {
        Models.Choice choice = now.models
                .find(ask.model())
                .orElseThrow(() -> ProviderError.NO_SUCH_MODEL.because(
                        "The model `" + ask.model() + "` does not exist or you do not have access to it.", "model"));
        Behaviour behaviour = told(choice.behaviour(), headers);
        long seconds = Math.floorDiv(clock.millis(), 1000L);
        if (ask.protocol() == Protocol.COUNT_TOKENS) {
            whole(connection, new Call(ask, choice.model(), behaviour, "count", 0, seconds));
            return;
        }
        String correlation = headers.get(now.config.correlationHeader());
        connection.echo(Connection.field(now.config.correlationHeader(), correlation));
        Invoice book = invoice;
        long line = book.begin(choice.model(), correlation == null ? "" : correlation);
        var call = new Call(ask, choice.model(), behaviour, book.key(line), line, seconds);
        Behaviour.Failures failures = behaviour.failures();
        if (failures.rate() > 0 && call.chance(0) < failures.rate()) {
            book.end(line, choice.model(), Usage.NONE, Invoice.Line.State.FAILED);
            boolean later = failures.status() == 429 || failures.status() == 503;
            connection.fail(connection.text(), failures.status(), call, later ? failures.retryAfter() : 0);
        } else if (!ask.stream() && isInstant(behaviour)) {
            book.end(line, choice.model(), call.usage(), Invoice.Line.State.ENDED);
            whole(connection, call);
        } else {
            connection.run(new Generation(connection, book, call, now.config.stopOnDisconnect()));
        }
    }

    /** Answers a line of a batch, at what it costs there, unless the model's controls have it fail. */
    private Shelf.Answer batched(Setup now, String url, byte[] body) {
        try {
            Protocol protocol = PATHS.get(url);
            if (protocol == null || protocol.isForm() || protocol.anthropic()) {
                throw ProviderError.INVALID.because("The url '" + url + "' is not supported in batches.", "url");
            }
            Ask ask = Ask.read(protocol, body, body.length);
            Models.Choice choice = now.models
                    .find(ask.model())
                    .orElseThrow(() -> ProviderError.NO_SUCH_MODEL.because(
                            "The model `" + ask.model() + "` does not exist.", "model"));
            SimulatedModel model = choice.model().inBatch();
            Invoice book = invoice;
            long line = book.begin(model, "");
            var call = new Call(
                    ask, model, choice.behaviour(), book.key(line), line, Math.floorDiv(clock.millis(), 1000L));
            Behaviour.Failures failures = choice.behaviour().failures();
            boolean fails = failures.rate() > 0 && call.chance(0) < failures.rate();
            book.end(
                    line,
                    model,
                    fails ? Usage.NONE : call.usage(),
                    fails ? Invoice.Line.State.FAILED : Invoice.Line.State.ENDED);
            return fails
                    ? refused(
                            ProviderError.of(failures.status()),
                            failures.status(),
                            ProviderError.told(failures.status()),
                            "")
                    : new Shelf.Answer(200, written(out -> protocol.shape().whole(call, out)));
        } catch (Refused refused) {
            return refused(refused.error(), refused.error().status(), refused.text(), refused.param());
        } catch (PilothouseException wrong) {
            return refused(ProviderError.of(wrong.code().status()), wrong.code().status(), wrong.detail(), "");
        }
    }

    private static Shelf.Answer refused(ProviderError error, int status, String message, String param) {
        return new Shelf.Answer(status, written(out -> error.openAi(out, message, param)));
    }

    private static byte[] written(Consumer<JsonText> writer) {
        var text = new JsonText(Unpooled.buffer());
        writer.accept(text);
        byte[] bytes = new byte[text.bytes().readableBytes()];
        text.bytes().readBytes(bytes);
        text.bytes().release();
        return bytes;
    }

    private static boolean isInstant(Behaviour behaviour) {
        return behaviour.trouble().fault() == Fault.NONE
                && behaviour.pace().equals(Behaviour.instant().pace());
    }

    private static void whole(Connection connection, Call call) {
        JsonText out = connection.text();
        Protocol.Shape shape = call.ask().protocol().shape();
        connection.head(out, 200, shape.type(call), call);
        out.lengthAndBody();
        shape.whole(call, out);
        connection.finish(out.endBody());
    }

    private static Behaviour told(Behaviour behaviour, HttpHeaders headers) {
        Behaviour changed = behaviour;
        var fields = headers.iteratorCharSequence();
        while (fields.hasNext()) {
            var field = fields.next();
            CharSequence name = field.getKey();
            if (name.length() > CONTROL.length() && AsciiString.regionMatchesAscii(name, true, 0, CONTROL, 0, 6)) {
                String controlled =
                        AsciiString.of(name).toLowerCase().toString().substring(CONTROL.length());
                changed = changed.with(controlled, field.getValue().toString());
            }
        }
        return changed;
    }
}
