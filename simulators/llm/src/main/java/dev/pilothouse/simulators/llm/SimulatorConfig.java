package dev.pilothouse.simulators.llm;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.simulators.llm.SimulatedModel.Prices;
import dev.pilothouse.simulators.llm.SimulatedModel.TokenTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a simulator is. Immutable.
 *
 * @param port to listen on at 127.0.0.1, 0 for a free one; fixed at the start
 * @param threads event loops, at least 1; fixed at the start
 * @param apiKey that callers must show; empty where none is asked for
 * @param correlationHeader the caller's name of a call, kept on its line and sent back; lower case
 * @param stopOnDisconnect whether generation ends when the client leaves; else all that was planned is billed
 * @param maxLines lines that an invoice keeps; later calls are in its totals only; a change counts from the next reset
 * @param maxBody bytes of a request's body
 * @param controls of every call; see {@link Behaviour}
 * @param models by name
 */
public record SimulatorConfig(
        int port,
        int threads,
        String apiKey,
        String correlationHeader,
        boolean stopOnDisconnect,
        int maxLines,
        int maxBody,
        Map<String, String> controls,
        Map<String, SimulatedModel> models) {
    private static final int MANY = 100_000_000;

    /** Copies, in order. */
    public SimulatorConfig {
        controls = Map.copyOf(controls);
        models = Map.copyOf(models);
    }

    /** A free port, half of the machine's cores, no key, instant answers, and models of each kind. */
    public static SimulatorConfig standard() {
        var models = new LinkedHashMap<String, SimulatedModel>();
        for (SimulatedModel model : new SimulatedModel[] {
            new SimulatedModel("sim-mini", Prices.ofCents(15, 60), TokenTable.CHAT, Map.of()),
            new SimulatedModel("sim-large", Prices.ofCents(250, 1000), TokenTable.CHAT, Map.of()),
            new SimulatedModel(
                    "sim-reasoning", Prices.ofCents(110, 440), TokenTable.CHAT, Map.of("reasoning-tokens", "32")),
            new SimulatedModel("sim-claude", Prices.ofCents(300, 1500), TokenTable.MESSAGES, Map.of()),
            new SimulatedModel("sim-claude-mini", Prices.ofCents(100, 500), TokenTable.MESSAGES, Map.of()),
            new SimulatedModel("sim-embedding", Prices.ofCents(2, 0), TokenTable.TEXT, Map.of()),
            new SimulatedModel("sim-moderation", Prices.ofCents(0, 0), TokenTable.TEXT, Map.of()),
            new SimulatedModel("sim-image", Prices.ofPieces(40_000_000), TokenTable.TEXT, Map.of()),
            new SimulatedModel(
                    "sim-image-tokens", Prices.ofCents(500, 4000), TokenTable.CHAT, Map.of("output-tokens", "272")),
            new SimulatedModel("sim-speech", Prices.ofPieces(15_000), TokenTable.TEXT, Map.of()),
            new SimulatedModel("sim-speech-tokens", Prices.ofCents(60, 1200), TokenTable.TEXT, Map.of()),
            new SimulatedModel("sim-transcribe", Prices.ofPieces(100), TokenTable.TEXT, Map.of()),
            new SimulatedModel("sim-transcribe-tokens", Prices.ofCents(250, 1000), TokenTable.TEXT, Map.of()),
            new SimulatedModel("sim-rerank", Prices.ofPieces(2_000_000), TokenTable.TEXT, Map.of()),
            new SimulatedModel("sim-rerank-tokens", Prices.ofCents(5, 0), TokenTable.TEXT, Map.of())
        }) {
            models.put(model.name(), model);
        }
        int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        return new SimulatorConfig(0, threads, "", "x-pilothouse-attempt", true, 2_000_000, 32 << 20, Map.of(), models);
    }

    /** The same on another port. */
    public SimulatorConfig onPort(int other) {
        var text = Json.object();
        text.put("port", other);
        return with(text);
    }

    /**
     * The same with the members of an object in place of its own: {@code port}, {@code threads}, {@code api-key}, {@code
     * correlation-header}, {@code on-disconnect} ({@code stop} or {@code continue}), {@code max-lines}, {@code max-body},
     * {@code controls} (replaced as a whole), and {@code models} (added, or replaced by name).
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where a member is unknown or out of range
     */
    public SimulatorConfig with(ObjectNode changes) {
        SimulatorConfig config = this;
        for (var change : changes.properties()) {
            config = config.with(change.getKey(), change.getValue());
        }
        Behaviour server = Behaviour.instant().with(config.controls);
        config.models.values().forEach(model -> server.with(model.controls()));
        return config;
    }

    private SimulatorConfig with(String key, JsonNode value) {
        return new SimulatorConfig(
                key.equals("port") ? (int) whole(key, value, 0, 65535) : port,
                key.equals("threads") ? (int) whole(key, value, 1, 256) : threads,
                key.equals("api-key") ? value.asString() : apiKey,
                key.equals("correlation-header") ? value.asString().toLowerCase(Locale.ROOT) : correlationHeader,
                key.equals("on-disconnect") ? stops(value.asString()) : stopOnDisconnect,
                key.equals("max-lines") ? (int) whole(key, value, 0, MANY) : maxLines,
                key.equals("max-body") ? (int) whole(key, value, 1, 1 << 30) : maxBody,
                key.equals("controls") ? controls(value) : controls,
                key.equals("models") ? models(value) : known(key));
    }

    private Map<String, SimulatedModel> known(String key) {
        return switch (key) {
            case "port",
                    "threads",
                    "api-key",
                    "correlation-header",
                    "on-disconnect",
                    "max-lines",
                    "max-body",
                    "controls" -> models;
            default -> throw CommonError.INVALID.because("The simulator has no setting '" + key + "'.");
        };
    }

    private Map<String, SimulatedModel> models(JsonNode value) {
        var all = new LinkedHashMap<>(models);
        for (var entry : value.properties()) {
            String name = entry.getKey();
            if (name.isEmpty() || name.indexOf(';') >= 0) {
                throw CommonError.INVALID.because("'" + name + "' cannot be a model's name.");
            }
            all.put(name, model(name, entry.getValue(), all.get(name)));
        }
        return all;
    }

    private static SimulatedModel model(String name, JsonNode value, @Nullable SimulatedModel before) {
        Prices prices = before == null ? Prices.ofCents(0, 0) : before.prices();
        TokenTable tokens = before == null ? TokenTable.CHAT : before.tokens();
        Map<String, String> controls = before == null ? Map.of() : before.controls();
        for (var member : value.properties()) {
            switch (member.getKey()) {
                case "prices" -> prices = prices(member.getValue());
                case "tokens" -> tokens = tokens(member.getValue(), tokens);
                case "controls" -> controls = controls(member.getValue());
                default -> throw CommonError.INVALID.because("A model has no setting '" + member.getKey() + "'.");
            }
        }
        return new SimulatedModel(name, prices, tokens, controls);
    }

    /** All rates in nano-USD per million tokens; what is not named costs as input or output does. */
    private static Prices prices(JsonNode value) {
        only(
                value,
                "input",
                "cache-read",
                "cache-write",
                "cache-write-1h",
                "output",
                "reasoning",
                "per-call",
                "per-piece");
        long input = rate(value, "input", 0);
        long output = rate(value, "output", 0);
        return new Prices(
                input,
                rate(value, "cache-read", input),
                rate(value, "cache-write", input),
                rate(value, "cache-write-1h", input),
                output,
                rate(value, "reasoning", output),
                rate(value, "per-call", 0),
                rate(value, "per-piece", 0));
    }

    private static TokenTable tokens(JsonNode value, TokenTable before) {
        only(value, "bytes-per-token", "per-call", "per-message", "per-tool", "tool-preamble", "per-image");
        return new TokenTable(
                overhead(value, "bytes-per-token", 1, before.bytesPerToken()),
                overhead(value, "per-call", 0, before.perCall()),
                overhead(value, "per-message", 0, before.perMessage()),
                overhead(value, "per-tool", 0, before.perTool()),
                overhead(value, "tool-preamble", 0, before.toolPreamble()),
                overhead(value, "per-image", 0, before.perImage()));
    }

    private static Map<String, String> controls(JsonNode value) {
        var controls = new LinkedHashMap<String, String>();
        value.properties().forEach(e -> controls.put(e.getKey(), e.getValue().asString()));
        return controls;
    }

    private static void only(JsonNode value, String... names) {
        for (String name : value.propertyNames()) {
            if (!List.of(names).contains(name)) {
                throw CommonError.INVALID.because("'" + name + "' is none of " + String.join(", ", names) + ".");
            }
        }
    }

    private static long rate(JsonNode value, String name, long otherwise) {
        return value.has(name) ? whole(name, value.get(name), 0, Prices.MAX_RATE) : otherwise;
    }

    private static int overhead(JsonNode value, String name, int least, int otherwise) {
        return value.has(name) ? (int) whole(name, value.get(name), least, 1_000_000) : otherwise;
    }

    private static long whole(String name, JsonNode value, long least, long most) {
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < least
                || value.longValue() > most) {
            throw CommonError.INVALID.because(
                    "'" + name + "' must be a whole number from " + least + " to " + most + ".");
        }
        return value.longValue();
    }

    private static boolean stops(String text) {
        return switch (text) {
            case "stop" -> true;
            case "continue" -> false;
            default -> throw CommonError.INVALID.because("'on-disconnect' is stop or continue.");
        };
    }
}
