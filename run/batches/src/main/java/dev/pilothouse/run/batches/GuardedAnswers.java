package dev.pilothouse.run.batches;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.gateway.LlmErrors;
import dev.pilothouse.run.guards.GuardError;
import dev.pilothouse.run.guards.GuardedCall;
import dev.pilothouse.run.llm.Dialect;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A file of a batch's answers as the guards let it pass (OpenAI API reference, "Batch", "The request output object"). An answer that
 * a guard blocks is an error in its place; of what is no answer to a request of the batch, nothing goes on. For one thread.
 */
final class GuardedAnswers {
    /** What is no text of a model, but a mark of the provider's. */
    private static final Pattern MARK = Pattern.compile("[A-Za-z0-9_.-]{0,128}");

    private final BatchGuards guards;
    private final RequestFile asked;
    private final Map<String, String> aliases = new HashMap<>();

    /**
     * @param asked the requests of the batch
     * @throws PilothouseException FORBIDDEN where a guard counts that cannot guard batches
     */
    GuardedAnswers(BatchGuards guards, RequestFile asked) {
        this.guards = guards;
        this.asked = asked;
        asked.models().forEach(model -> guards.check(model.alias()));
        asked.lines()
                .forEach(line -> aliases.put(
                        line.customId(), asked.models().get(line.model()).alias()));
    }

    /** Whether no guard looks at anything. */
    private boolean isIdle() {
        return asked.models().stream()
                .allMatch(model -> guards.answers(model.alias()).equals(GuardedCall.IDLE));
    }

    /** The provider's file as its client reads it. */
    InputStream of(InputStream content) {
        return isIdle() ? content : new LineStream(content, this::passed);
    }

    private byte[] passed(byte[] line) {
        ObjectNode passed = Json.object();
        try {
            ObjectNode told = Json.parseObject(line);
            String id = told.path("custom_id").asString("");
            String alias = aliases.get(id);
            if (alias == null) {
                throw GuardError.GUARD_BLOCKED.because("The provider answered what is no request of this batch.");
            }
            passed.put("id", mark(told.path("id"))).put("custom_id", id);
            look(guards.answers(alias), told, passed);
        } catch (PilothouseException blocked) {
            ObjectNode response = passed.putObject("response")
                    .put("status_code", blocked.code().status());
            response.put("request_id", "").set("body", LlmErrors.body(Dialect.Family.OPENAI, blocked, ""));
            passed.putNull("error");
        }
        return (Json.write(passed) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static void look(GuardedCall call, ObjectNode told, ObjectNode passed) {
        JsonNode response = told.path("response");
        JsonNode body = response.path("body");
        JsonNode error = told.path("error");
        JsonNode seen = body.isObject() ? Json.parse(call.answer(Json.bytes(body))) : Json.object();
        JsonNode failure = error.isObject() ? Json.parse(call.answer(Json.bytes(error))) : null;
        if (response.isObject()) {
            passed.putObject("response")
                    .put("status_code", response.path("status_code").asInt(0))
                    .put("request_id", mark(response.path("request_id")))
                    .set("body", seen);
        } else {
            passed.putNull("response");
        }
        passed.set("error", failure);
    }

    private static String mark(JsonNode told) {
        String text = told.asString("");
        return MARK.matcher(text).matches() ? text : "";
    }
}
