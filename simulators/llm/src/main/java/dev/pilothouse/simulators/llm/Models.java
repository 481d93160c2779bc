package dev.pilothouse.simulators.llm;

import dev.pilothouse.kernel.PilothouseException;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** The models of one configuration with how each behaves. Thread-safe. */
final class Models {
    /** A model, and how a call that names it so is answered. */
    record Choice(SimulatedModel model, Behaviour behaviour) {}

    /** Names with controls that are remembered; others are read anew each time. */
    private static final int REMEMBERED = 1000;

    private static final String PATH = "/v1/models";

    private final Map<String, SimulatedModel> models;
    private final Behaviour server;
    private final Map<String, Choice> choices = new ConcurrentHashMap<>();

    Models(SimulatorConfig config) {
        models = config.models();
        server = Behaviour.instant().with(config.controls());
    }

    /**
     * Empty where there is no such model.
     *
     * @throws PilothouseException where a control in the name is wrong
     */
    Optional<Choice> find(String name) {
        Choice known = choices.get(name);
        if (known != null) {
            return Optional.of(known);
        }
        String[] parts = name.split(";", -1);
        SimulatedModel model = models.get(parts[0]);
        if (model == null) {
            return Optional.empty();
        }
        Behaviour behaviour = server.with(model.controls());
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            behaviour = behaviour.with(
                    equals < 0 ? parts[i] : parts[i].substring(0, equals),
                    equals < 0 ? "" : parts[i].substring(equals + 1));
        }
        var choice = new Choice(model, behaviour);
        if (choices.size() < REMEMBERED) {
            choices.put(name, choice);
        }
        return Optional.of(choice);
    }

    /** Answers {@code GET /v1/models} and {@code /v1/models/NAME} in either language. */
    void answer(Connection connection, HttpMethod method, String path, boolean anthropic) {
        String name = path.startsWith(PATH + "/") ? path.substring(PATH.length() + 1) : "";
        if (name.isEmpty() && !path.equals(PATH)) {
            throw ProviderError.NO_SUCH_PATH.because("Unknown request URL: " + method + " " + path + ".");
        }
        if (!method.equals(HttpMethod.GET)) {
            throw ProviderError.WRONG_METHOD.because("Not allowed to " + method + " on " + path + ".");
        }
        var found = new TreeMap<>(models)
                .values().stream()
                        .map(SimulatedModel::name)
                        .filter(known -> name.isEmpty() || known.equals(name))
                        .toList();
        if (found.isEmpty() && !name.isEmpty()) {
            throw ProviderError.NO_SUCH_MODEL.because("The model '" + name + "' does not exist", "model");
        }
        JsonText out = connection.text();
        connection.head(out, 200, "application/json", "", anthropic);
        out.lengthAndBody();
        if (!name.isEmpty()) {
            model(found.getFirst(), anthropic, out);
        } else {
            out.raw(anthropic ? "{\"data\":[" : "{\"object\":\"list\",\"data\":[");
            for (int i = 0; i < found.size(); i++) {
                out.raw(i == 0 ? "" : ",");
                model(found.get(i), anthropic, out);
            }
            out.raw("]");
            if (anthropic) {
                out.raw(",\"has_more\":false,\"first_id\":").quotedOrNull(found.isEmpty() ? "" : found.getFirst());
                out.raw(",\"last_id\":").quotedOrNull(found.isEmpty() ? "" : found.getLast());
            }
            out.raw("}");
        }
        connection.finish(out.endBody());
    }

    private static void model(String name, boolean anthropic, JsonText out) {
        if (anthropic) {
            out.raw("{\"type\":\"model\",\"id\":")
                    .quoted(name)
                    .raw(",\"display_name\":")
                    .quoted(name);
            out.raw(",\"created_at\":\"2025-01-01T00:00:00Z\"}");
        } else {
            out.raw("{\"id\":").quoted(name);
            out.raw(",\"object\":\"model\",\"created\":1735689600,\"owned_by\":\"pilothouse-simulator\"}");
        }
    }
}
