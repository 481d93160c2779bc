package dev.pilothouse.run.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.llm.SseReader;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class StreamTest {
    /** As Anthropic documents a stream with text, a tool and a keep-alive. */
    static final String ANTHROPIC = """
            event: message_start
            data: {"type":"message_start","message":{"id":"msg_014p7","type":"message","role":"assistant","model":"claude-sonnet-4-5","stop_sequence":null,"usage":{"input_tokens":472,"cache_read_input_tokens":8,"output_tokens":2},"content":[],"stop_reason":null}}

            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

            event: ping
            data: {"type": "ping"}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Okäy 🚢"}}

            event: content_block_stop
            data: {"type":"content_block_stop","index":0}

            event: content_block_start
            data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_01T","name":"get_weather","input":{}}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"location\\":"}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":" \\"Paris\\"}"}}

            event: content_block_stop
            data: {"type":"content_block_stop","index":1}

            event: content_block_start
            data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_02","name":"now","input":{}}}

            event: content_block_stop
            data: {"type":"content_block_stop","index":2}

            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":89}}

            event: message_stop
            data: {"type":"message_stop"}

            """;

    /** As OpenAI sends a stream with text and two calls; behind a comment, as routers keep connections open. */
    private static final String OPENAI = """
            : PROCESSING

            data: {"id":"","object":"chat.completion.chunk","created":0,"model":"","choices":[],"prompt_filter_results":[]}

            data: {"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"gpt-5","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}

            data: {"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"gpt-5","choices":[{"index":0,"delta":{"content":"Okäy"},"finish_reason":null}],"usage":null}

            data: {"id":"chatcmpl-9","choices":[{"index":0,"delta":{"content":" 🚢"},"finish_reason":null}]}

            data: {"id":"chatcmpl-9","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"get_weather","arguments":""}}]},"finish_reason":null}]}

            data: {"id":"chatcmpl-9","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"loc"}}]},"finish_reason":null}]}

            data: {"id":"chatcmpl-9","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\\":1}"}}]},"finish_reason":null}]}

            data: {"id":"chatcmpl-9","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"now","arguments":"{}"}}]},"finish_reason":null}]}

            data: {"id":"chatcmpl-9","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

            data: {"id":"chatcmpl-9","choices":[],"usage":{"prompt_tokens":50,"completion_tokens":20,"total_tokens":70,"prompt_tokens_details":{"cached_tokens":40}}}

            data: [DONE]

            """;

    static String translated(Answers answers, byte[]... pieces) {
        var out = new ByteArrayOutputStream();
        Answers.Stream stream = answers.stream();
        var reader = new SseReader(1 << 20);
        for (byte[] piece : pieces) {
            reader.feed(piece, (event, from, to) -> stream.event(event, from, to, out));
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static List<JsonNode> data(String stream) {
        return stream.lines()
                .filter(line -> line.startsWith("data: {"))
                .map(line -> Json.parse(line.substring("data: ".length())))
                .toList();
    }

    private static String joined(List<JsonNode> events, String pointer) {
        var text = new StringBuilder();
        events.forEach(event -> text.append(event.at(pointer).asString("")));
        return text.toString();
    }

    @Test
    void eventsOfAnthropicAreChunksOfOpenAi() {
        String stream = translated(new ChatAnswers(true, 5), bytes(ANTHROPIC));
        assertThat(stream).contains("\n\n: ping\n\n").doesNotContain("event:").endsWith("}\n\ndata: [DONE]\n\n");
        List<JsonNode> chunks = data(stream);
        assertThat(chunks).allSatisfy(chunk -> {
            assertThat(chunk.path("id").asString()).isEqualTo("msg_014p7");
            assertThat(chunk.path("object").asString()).isEqualTo("chat.completion.chunk");
            assertThat(chunk.path("created").asInt()).isEqualTo(5);
            assertThat(chunk.path("model").asString()).isEqualTo("claude-sonnet-4-5");
        });
        assertThat(chunks.getFirst().at("/choices/0/delta/role").asString()).isEqualTo("assistant");
        assertThat(joined(chunks, "/choices/0/delta/content")).isEqualTo("Okäy 🚢");
        var arguments = new String[] {"", ""};
        var names = new String[] {"", ""};
        for (JsonNode chunk : chunks) {
            for (JsonNode call : chunk.at("/choices/0/delta/tool_calls")) {
                int index = call.path("index").asInt();
                arguments[index] += call.at("/function/arguments").asString();
                names[index] += call.at("/function/name").asString("");
            }
        }
        assertThat(arguments).containsExactly("{\"location\": \"Paris\"}", "{}");
        assertThat(names).containsExactly("get_weather", "now");
        assertThat(joined(chunks, "/choices/0/finish_reason")).isEqualTo("tool_calls");
        assertThat(chunks.getLast().path("choices")).isEmpty();
        assertThat(chunks.getLast().path("usage")).isEqualTo(Json.parse("""
                {"prompt_tokens": 480, "completion_tokens": 89, "total_tokens": 569,
                 "prompt_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 0},
                 "completion_tokens_details": {"reasoning_tokens": 0}}
                """));
        assertThat(translated(new ChatAnswers(false, 5), bytes(ANTHROPIC))).doesNotContain("usage");
    }

    @Test
    void chunksOfOpenAiAreEventsOfAnthropic() {
        String stream = translated(new MessagesAnswers(), bytes(OPENAI));
        assertThat(stream)
                .startsWith(": PROCESSING\n\nevent: message_start\n")
                .endsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
        List<JsonNode> events = data(stream);
        assertThat(events)
                .extracting(event ->
                        event.path("type").asString() + event.path("index").asString(""))
                .containsExactly(
                        "message_start",
                        "content_block_start0",
                        "content_block_delta0",
                        "content_block_delta0",
                        "content_block_stop0",
                        "content_block_start1",
                        "content_block_delta1",
                        "content_block_delta1",
                        "content_block_stop1",
                        "content_block_start2",
                        "content_block_delta2",
                        "content_block_stop2",
                        "message_delta",
                        "message_stop");
        assertThat(events.getFirst().at("/message/id").asString()).isEqualTo("chatcmpl-9");
        assertThat(events.getFirst().at("/message/model").asString()).isEqualTo("gpt-5");
        assertThat(joined(events, "/delta/text")).isEqualTo("Okäy 🚢");
        assertThat(joined(events, "/delta/partial_json")).isEqualTo("{\"loc\":1}{}");
        assertThat(events.get(5).path("content_block"))
                .isEqualTo(Json.parse(
                        "{\"type\": \"tool_use\", \"id\": \"call_1\", \"name\": \"get_weather\", \"input\": {}}"));
        assertThat(events.get(12).path("delta"))
                .isEqualTo(Json.parse("{\"stop_reason\": \"tool_use\", \"stop_sequence\": null}"));
        assertThat(events.get(12).path("usage"))
                .isEqualTo(Json.parse("{\"input_tokens\": 10, \"cache_creation_input_tokens\": 0,"
                        + " \"cache_read_input_tokens\": 40, \"output_tokens\": 20}"));
    }

    @Test
    void whereverTheBytesAreCutTheStreamIsTheSame() {
        for (var each : List.of(ANTHROPIC, OPENAI, OPENAI.replace("\n", "\r\n"))) {
            Answers answers = each.equals(ANTHROPIC) ? new ChatAnswers(true, 5) : new MessagesAnswers();
            byte[] bytes = bytes(each);
            String whole = translated(answers, bytes);
            for (int at = 0; at <= bytes.length; at++) {
                assertThat(translated(answers, Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, at, bytes.length)))
                        .as("cut at %d", at)
                        .isEqualTo(whole);
            }
            byte[][] single = new byte[bytes.length][];
            for (int at = 0; at < bytes.length; at++) {
                single[at] = new byte[] {bytes[at]};
            }
            assertThat(translated(answers, single)).isEqualTo(whole);
        }
    }

    @Test
    void theChunksOfWhatWasTranslatedAreTheSameEventsAgain() {
        String chunks = translated(new ChatAnswers(true, 5), bytes(ANTHROPIC));
        List<JsonNode> events = data(translated(new MessagesAnswers(), bytes(chunks)));
        assertThat(joined(events, "/delta/text")).isEqualTo("Okäy 🚢");
        assertThat(joined(events, "/delta/partial_json")).isEqualTo("{\"location\": \"Paris\"}{}");
        assertThat(events.get(events.size() - 2).at("/usage/output_tokens").asInt())
                .isEqualTo(89);
    }

    @Test
    void callsThatAServerNumbersAlikeAreToldApart() {
        String call =
                "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"%s\",\"function\":{\"name\":\"f\",\"arguments\":"
                        + "\"{}\"}}]}}]}\n\n";
        String stream = translated(
                new MessagesAnswers(), bytes(call.formatted("a") + call.formatted("b") + "data: [DONE]\n\n"));
        assertThat(data(stream).stream()
                        .filter(event -> event.path("type").asString().equals("content_block_start")))
                .hasSize(2);
        assertThat(stream).contains("\"stop_reason\":\"tool_use\"");
    }

    @Test
    void halvesOfCharactersComeThroughInTheirPieces() {
        String piece = "data: {\"choices\":[{\"delta\":{\"content\":\"%s\"}}]}\n\n";
        List<JsonNode> events =
                data(translated(new MessagesAnswers(), bytes(piece.formatted("\\ud83d") + piece.formatted("\\udea2"))));
        assertThat(joined(events, "/delta/text")).isEqualTo("🚢");
    }

    @Test
    void whatIsNoEventOfTheProtocolEndsTheStream() {
        for (Answers answers : List.of(new ChatAnswers(true, 5), new MessagesAnswers())) {
            for (String garbage : List.of("data: <html>\n\n", "data: [1]\n\n", "data: {\"a\":\n\n")) {
                assertThatThrownBy(() -> translated(answers, bytes(garbage)))
                        .as(garbage)
                        .isInstanceOf(IllegalStateException.class);
            }
        }
        String piece =
                "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\"{}\"}}]}}]}\n\n";
        assertThatThrownBy(() -> translated(new MessagesAnswers(), bytes(piece)))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void eventsOfAWrongShapeAreTranslatedOrEndTheStreamAndDoNothingElse() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            boolean anthropic = random.nextBoolean();
            Answers answers = anthropic ? new ChatAnswers(true, 5) : new MessagesAnswers();
            var events = new StringBuilder();
            for (JsonNode event : data(anthropic ? ANTHROPIC : OPENAI)) {
                if (random.nextInt(3) == 0) {
                    Spoiling.spoil(event, random);
                }
                events.append("data: ").append(Json.write(event)).append("\n\n");
            }
            try {
                assertThat(data(translated(answers, bytes(events.toString())))).isNotNull();
            } catch (IllegalStateException garbage) {
                assertThat(garbage).hasMessageMatching("An event holds.*|A piece of.*");
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + events, e);
            }
        }
    }
}
