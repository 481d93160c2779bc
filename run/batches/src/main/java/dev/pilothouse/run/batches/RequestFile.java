package dev.pilothouse.run.batches;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.llm.Dialect;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a file of requests asks for, without the requests themselves. Its lines go to one address of one provider.
 *
 * @param url the address, one of {@link RequestLine#DIALECTS}
 * @param models what is asked, by the place that lines name
 * @param users on whose behalf, by the place that lines name
 * @param lines in their order
 */
record RequestFile(String url, List<Model> models, List<String> users, List<Line> lines) {
    /**
     * A model.
     *
     * @param name the provider's
     * @param guarded what guards looked for in its requests, {@link BatchGuards#input}
     */
    record Model(String alias, String name, String guarded) {}

    /**
     * A request.
     *
     * @param customId unique in the file
     * @param model place in {@link #models}
     * @param user place in {@link #users}
     * @param inputTokens at most
     * @param outputTokens at most, of all choices together
     */
    record Line(String customId, int model, int user, long inputTokens, long outputTokens) {}

    RequestFile {
        models = List.copyOf(models);
        users = List.copyOf(users);
        lines = List.copyOf(lines);
    }

    Dialect dialect() {
        return RequestLine.DIALECTS.getOrDefault(url, Dialect.CHAT);
    }

    String json() {
        ObjectNode json = Json.object().put("url", url);
        ArrayNode modelsOut = json.putArray("models");
        models.forEach(
                model -> modelsOut.addArray().add(model.alias).add(model.name).add(model.guarded));
        ArrayNode usersOut = json.putArray("users");
        users.forEach(usersOut::add);
        ArrayNode linesOut = json.putArray("lines");
        lines.forEach(line -> linesOut.addArray()
                .add(line.customId)
                .add(line.model)
                .add(line.user)
                .add(line.inputTokens)
                .add(line.outputTokens));
        return Json.write(json);
    }

    /** Reads {@link #json}. */
    static RequestFile parse(String text) {
        JsonNode json = Json.parse(text);
        var models = new ArrayList<Model>();
        json.path("models")
                .forEach(model -> models.add(new Model(
                        model.path(0).asString(),
                        model.path(1).asString(),
                        // Not there in files of before guards looked at batches.
                        model.path(2).asString(""))));
        var users = new ArrayList<String>();
        json.path("users").forEach(user -> users.add(user.asString()));
        var lines = new ArrayList<Line>();
        json.path("lines")
                .forEach(line -> lines.add(new Line(
                        line.path(0).asString(),
                        line.path(1).asInt(),
                        line.path(2).asInt(),
                        line.path(3).asLong(),
                        line.path(4).asLong())));
        return new RequestFile(json.path("url").asString(), models, users, lines);
    }
}
