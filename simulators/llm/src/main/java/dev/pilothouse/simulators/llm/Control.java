package dev.pilothouse.simulators.llm;

import dev.pilothouse.platform.json.Json;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/**
 * The simulator's own addresses: {@code POST /sim/config}, {@code POST /sim/reset}, {@code GET /sim/invoice} and {@code GET
 * /sim/invoice/lines?after=ID&limit=N}.
 */
final class Control {
    private static final int MOST_LINES = 10_000;

    private final Provider provider;

    Control(Provider provider) {
        this.provider = provider;
    }

    void answer(Connection connection, HttpMethod method, String uri, byte[] body) {
        var query = new QueryStringDecoder(uri);
        switch (method + " " + query.path()) {
            case "POST /sim/config" -> {
                provider.configure(provider.config().with(Json.parseObject(body)));
                reply(connection, Json.object().put("configured", true));
            }
            case "POST /sim/reset" -> {
                provider.reset();
                reply(connection, Json.object().put("calls", 0));
            }
            case "GET /sim/invoice" -> reply(connection, invoice(provider.invoice()));
            case "GET /sim/invoice/lines" ->
                reply(connection, lines(provider.invoice(), number(query, "after", -1, Long.MAX_VALUE - 1), (int)
                        number(query, "limit", 1000, MOST_LINES)));
            default -> throw ProviderError.NO_SUCH_PATH.because("The simulator has no " + method + " " + uri + ".");
        }
    }

    private static long number(QueryStringDecoder query, String name, long otherwise, long most) {
        String text = query.parameters()
                .getOrDefault(name, List.of(String.valueOf(otherwise)))
                .getFirst();
        try {
            long value = Long.parseLong(text);
            if (value >= -1 && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Said below, as a number out of range is.
        }
        throw ProviderError.INVALID.because("'" + name + "' must be a whole number up to " + most + ".", name);
    }

    private static ObjectNode invoice(Invoice invoice) {
        var reply = Json.object();
        reply.put("calls", invoice.calls());
        reply.put("without_line", invoice.withoutLine());
        ObjectNode models = reply.putObject("models");
        long sum = 0;
        for (var entry : invoice.totals().entrySet()) {
            Invoice.Totals of = entry.getValue();
            models.putObject(entry.getKey())
                    .put("calls", of.calls())
                    .put("open", of.open())
                    .put("ended", of.ended())
                    .put("aborted", of.aborted())
                    .put("broken", of.broken())
                    .put("failed", of.failed())
                    .put("input", of.input())
                    .put("cache_read", of.cacheRead())
                    .put("cache_write", of.cacheWrite())
                    .put("cache_write_1h", of.cacheWrite1h())
                    .put("output", of.output())
                    .put("reasoning", of.reasoning())
                    .put("nano_usd", of.nanoUsd());
            sum += of.nanoUsd();
        }
        return reply.put("nano_usd", sum);
    }

    private static ObjectNode lines(Invoice invoice, long after, int limit) {
        var reply = Json.object();
        var data = reply.putArray("data");
        long last = after;
        for (Invoice.Line line : invoice.lines(after + 1, limit)) {
            Usage usage = line.usage();
            data.addObject()
                    .put("id", line.id())
                    .put("request_id", line.requestId())
                    .put("correlation", line.correlation())
                    .put("model", line.model())
                    .put("state", line.state().name().toLowerCase(Locale.ROOT))
                    .put("input", usage.input())
                    .put("cache_read", usage.cacheRead())
                    .put("cache_write", usage.cacheWrite())
                    .put("cache_write_1h", usage.cacheWrite1h())
                    .put("output", usage.output())
                    .put("reasoning", usage.reasoning())
                    .put("pieces", usage.pieces())
                    .put("nano_usd", line.nanoUsd());
            last = line.id();
        }
        return reply.put("last", last).put("has_more", last + 1 < invoice.calls() - invoice.withoutLine());
    }

    private static void reply(Connection connection, ObjectNode content) {
        JsonText out = connection.text();
        connection.head(out, 200, "application/json", "", false);
        out.lengthAndBody();
        byte[] bytes = Json.bytes(content);
        connection.finish(out.raw(bytes, 0, bytes.length).endBody());
    }
}
