package dev.pilothouse.simulators.llm;

import io.netty.handler.codec.http.HttpMethod;

/** {@code GET /v1/models} and {@code /v1/models/NAME} in both languages. */
final class Catalogue {
    private static final String PATH = "/v1/models";

    void answer(Connection connection, HttpMethod method, String path, Models models, boolean anthropic) {
        String name = path.startsWith(PATH + "/") ? path.substring(PATH.length() + 1) : "";
        if (name.isEmpty() && !path.equals(PATH)) {
            throw ProviderError.NO_SUCH_PATH.because("Unknown request URL: " + method + " " + path + ".");
        }
        if (!method.equals(HttpMethod.GET)) {
            throw ProviderError.WRONG_METHOD.because("Not allowed to " + method + " on " + path + ".");
        }
        var found = models.all().stream()
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
