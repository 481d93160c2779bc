package dev.pilothouse.run.translation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.llm.Dialect;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Conversations that both protocols can say come back as they were, and no request whatever makes an exception of ours. */
class RoundTripTest {
    private static final List<String> WORDS =
            List.of("harbour", "Käpt'n", "\"quoted\"", "\\", "火", "🚢", "\u2028", " ");

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    private String text() {
        var text = new StringBuilder("a");
        for (int i = random.nextInt(4); i > 0; i--) {
            text.append(WORDS.get(random.nextInt(WORDS.size())));
        }
        return text.toString();
    }

    private JsonNode parts() {
        ArrayNode parts = Json.array();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            ObjectNode part = parts.addObject();
            switch (random.nextInt(4)) {
                case 0 -> part.put("type", "image_url").putObject("image_url").put("url", "https://a/" + i);
                case 1 ->
                    part.put("type", "image_url").putObject("image_url").put("url", "data:image/png;base64,AAA" + i);
                case 2 ->
                    part.put("type", "file")
                            .putObject("file")
                            .put("filename", text())
                            .put("file_data", "data:application/pdf;base64,AAA" + i);
                default -> part.put("type", "text").put("text", text());
            }
        }
        return parts;
    }

    private String object() {
        return Json.write(Json.object()
                .put(text(), text())
                .put("n", random.nextLong())
                .put("x", BigDecimal.valueOf(random.nextInt(), 3)));
    }

    private void turn(ArrayNode turns) {
        turns.addObject().put("role", "user").put("content", text());
        ObjectNode answer = turns.addObject().put("role", "assistant");
        if (random.nextBoolean()) {
            answer.put("content", text());
        } else {
            answer.putNull("content");
            ArrayNode calls = answer.putArray("tool_calls");
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                calls.addObject()
                        .put("id", "call_" + i)
                        .put("type", "function")
                        .putObject("function")
                        .put("name", "f" + i)
                        .put("arguments", object());
                turns.addObject()
                        .put("role", "tool")
                        .put("tool_call_id", "call_" + i)
                        .put("content", text());
            }
        }
        ObjectNode last = turns.addObject().put("role", "user");
        last.set("content", parts());
    }

    private ObjectNode chat() {
        ObjectNode chat = Json.object().put("model", "m");
        ArrayNode turns = chat.putArray("messages");
        if (random.nextBoolean()) {
            turns.addObject().put("role", "system").put("content", text());
        }
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            turn(turns);
        }
        if (random.nextBoolean()) {
            chat.put("max_completion_tokens", 1 + random.nextInt(1000));
        }
        if (random.nextBoolean()) {
            chat.put("temperature", random.nextDouble()).put("top_p", 1);
            chat.putArray("stop").add(text()).add(text());
        }
        if (random.nextBoolean()) {
            chat.put("stream", true).putObject("stream_options").put("include_usage", true);
        }
        if (random.nextBoolean()) {
            ObjectNode function =
                    chat.putArray("tools").addObject().put("type", "function").putObject("function");
            function.put("name", "f1").put("description", text()).set("parameters", Json.parse(object()));
            if (random.nextBoolean()) {
                chat.put("parallel_tool_calls", false);
            }
            switch (random.nextInt(4)) {
                case 0 -> chat.put("tool_choice", "required");
                case 1 -> chat.put("tool_choice", "auto");
                case 2 ->
                    chat.putObject("tool_choice")
                            .put("type", "function")
                            .putObject("function")
                            .put("name", "f1");
                default -> {
                    chat.put("tool_choice", "none");
                    chat.remove("parallel_tool_calls");
                }
            }
        }
        if (random.nextBoolean()) {
            chat.put("user", text()).put("service_tier", "default").put("reasoning_effort", "low");
        }
        return chat;
    }

    @Test
    void aConversationComesBackUnchanged() {
        for (int i = 0; i < 300; i++) {
            ObjectNode chat = chat();
            String messages = RequestTest.sent(Dialect.CHAT, Json.write(chat), true);
            String back = RequestTest.sent(Dialect.MESSAGES, messages, true);
            assertThat(Json.parse(back)).as("seed %d", seed).isEqualTo(Json.parse(Json.write(chat)));
            assertThat(RequestTest.sent(Dialect.CHAT, back, true))
                    .as("seed %d", seed)
                    .isEqualTo(messages);
        }
    }

    @Test
    void noRequestMakesAnythingButARefusal() {
        int refused = 0;
        for (int i = 0; i < 2_000; i++) {
            ObjectNode chat = chat();
            Dialect dialect = random.nextBoolean() ? Dialect.CHAT : Dialect.MESSAGES;
            JsonNode request =
                    dialect == Dialect.CHAT ? chat : RequestTest.translated(Dialect.CHAT, Json.write(chat), true);
            for (int spoiled = 1 + random.nextInt(3); spoiled > 0; spoiled--) {
                Spoiling.spoil(request, random);
            }
            try {
                byte[] sent = Json.bytes(RequestTest.translated(dialect, Json.write(request), true));
                assertThat(new String(sent, StandardCharsets.UTF_8)).startsWith("{\"model\":");
            } catch (PilothouseException refusal) {
                refused++;
                assertThat(refusal.code().status())
                        .as("seed %d: %s", seed, refusal.detail())
                        .isEqualTo(400);
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + Json.write(request), e);
            }
        }
        assertThat(refused).isBetween(500, 1_999);
    }
}
