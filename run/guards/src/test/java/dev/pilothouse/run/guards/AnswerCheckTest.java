package dev.pilothouse.run.guards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.platform.json.Json;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What whole answers have to be, and that no rule takes longer than its answer is long. */
class AnswerCheckTest {
    private static final String SCHEMA = """
            {"type": "object", "required": ["name", "size"], "additionalProperties": false,
             "properties": {"name": {"$ref": "#/$defs/name"}, "size": {"type": "integer", "minimum": 1}},
             "$defs": {"name": {"type": "string", "pattern": "^[a-z]+$"}}}
            """;

    private static GuardedCall call(String output) {
        var policy = GuardDeclarations.policy("g", Json.parse("{\"output\": " + output + "}"), URI::create);
        assertThat(GuardDeclarations.policy("g", GuardDeclarations.json(policy), URI::create))
                .isEqualTo(policy);
        return new GuardedCall(
                List.of(new Guard("acme", policy, "", new SimpleMeterRegistry())),
                RateLimits.Rates.NONE,
                null,
                "",
                "",
                "");
    }

    private static byte[] chat(String... said) {
        var json = Json.object();
        var choices = json.putArray("choices");
        for (int i = 0; i < said.length; i++) {
            choices.addObject()
                    .put("index", i)
                    .putObject("message")
                    .put("role", "assistant")
                    .put("content", said[i]);
        }
        return Json.bytes(json);
    }

    private static AnswerCheck schema(String text) {
        return new AnswerCheck(new AnswerRule(AnswerRule.Kind.SCHEMA, Action.BLOCK, text));
    }

    private static AnswerCheck forbid(String pattern) {
        return new AnswerCheck(new AnswerRule(AnswerRule.Kind.FORBID, Action.BLOCK, pattern));
    }

    @Test
    void anAnswerThatIsNoJsonIsBlockedOrTold() {
        assertThat(call("{\"json\": \"block\"}").answer(chat("{\"a\": 1}", "[1, 2]")))
                .isNotEmpty();
        for (String no : List.of("Sure! {\"a\": 1}", "{\"a\": 1} {}", "{\"a\": ", "```json\n{}\n```")) {
            assertThatThrownBy(() -> call("{\"json\": \"block\"}").answer(chat("{}", no)))
                    .as(no)
                    .hasMessageContaining("'json'");
        }
        GuardedCall told = call("{\"json\": \"detect\"}");
        byte[] answer = chat("Sure!");
        assertThat(told.answer(answer)).isSameAs(answer);
        assertThat(told.found()).containsExactly(new Verdicts.Found("g", "json", "detect", 1));
    }

    @Test
    void whatAModelThinksOrCallsToolsWithIsNoAnswer() {
        GuardedCall call = call("{\"json\": \"block\", \"forbid\": {\"patterns\": [\"secret\"]}}");
        String body = """
                {"choices": [{"index": 0, "message": {"role": "assistant", "content": null, "reasoning_content": "a secret",
                  "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "no json"}}]}}]}
                """;
        assertThat(call.answer(body.getBytes(StandardCharsets.UTF_8))).isNotEmpty();
        String response = """
                {"output": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "a secret"}]},
                 {"type": "message", "content": [{"type": "output_text", "text": "{\\"a\\":"}, {"type": "output_text", "text": "1}"}]}]}
                """;
        assertThat(call.answer(response.getBytes(StandardCharsets.UTF_8))).isNotEmpty();
    }

    @Test
    void anAnswerIsHeldAgainstASchema() {
        String output = "{\"schema\": {\"schema\": " + SCHEMA + "}}";
        assertThat(call(output).answer(chat("{\"name\": \"ada\", \"size\": 3}")))
                .isNotEmpty();
        for (String no : List.of(
                "{\"name\": \"ada\"}",
                "{\"name\": \"Ada\", \"size\": 3}",
                "{\"name\": \"ada\", \"size\": 0}",
                "{\"name\": \"ada\", \"size\": 3, \"more\": 1}",
                "no json")) {
            assertThatThrownBy(() -> call(output).answer(chat(no))).as(no).hasMessageContaining("'schema'");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"$ref\": \"https://example.org/schema\"}",
                "{\"$id\": \"https://example.org/schema\"}",
                "{\"properties\": {\"default\": {\"$ref\": \"#\"}}}",
                "{\"$ref\": \"#/$defs/a\", \"$defs\": {\"a\": {\"allOf\": [{\"$ref\": \"#/$defs/a\"}, {\"$ref\": \"#/$defs/a\"}]}}}",
                "{\"$ref\": \"#/$defs/nobody\"}",
                "{\"$dynamicRef\": \"#a\"}",
                "{\"$schema\": \"http://json-schema.org/draft-07/schema#\"}",
                "{\"pattern\": \"(?=x)\"}",
                "[1]",
                "{\"type\": \"strnig\"}"
            })
    void aSchemaThatCouldLeadAwayOrGoInACircleIsRefused(String text) {
        assertThatThrownBy(() -> schema(text)).hasMessageContaining("answer");
    }

    @Test
    void referencesThatDoubleAreRefusedByTheirNumber() {
        var text = new StringBuilder("{\"$ref\": \"#/$defs/a0\", \"$defs\": {");
        for (int i = 0; i < 30; i++) {
            text.append("\"a%d\": {\"allOf\": [{\"$ref\": \"#/$defs/a%d\"}, {\"$ref\": \"#/$defs/a%d\"}]}, "
                    .formatted(i, i + 1, i + 1));
        }
        assertThatThrownBy(() -> schema(text + "\"a30\": {}}}")).hasMessageContaining("parts");
    }

    @Test
    void noExpressionBacktracks() {
        String text = "a".repeat(50_000) + "!";
        assertThat(forbid("^(a+)+$").holds(text)).isTrue();
        assertThat(forbid("(a|aa)+b").holds(text)).isTrue();
        assertThat(schema("{\"pattern\": \"^(a*)*$\"}").holds("\"" + text + "\""))
                .isFalse();
        assertThatThrownBy(() -> forbid("((x{100}){100}){100}")).hasMessageContaining("repeats");
        assertThatThrownBy(() -> forbid("(")).hasMessageContaining("RE2");
        assertThatThrownBy(() -> forbid("(?<!a)b")).hasMessageContaining("RE2");
        assertThatThrownBy(() -> call("{\"forbid\": {\"action\": \"redact\", \"patterns\": [\"x\"]}}"))
                .hasMessageContaining("not redacted");
    }

    @Test
    void aStreamIsJudgedAtItsEnd() {
        for (boolean fits : new boolean[] {true, false}) {
            GuardedCall call =
                    call("{\"json\": \"block\", \"require\": {\"action\": \"detect\", \"patterns\": [\"size\"]}}");
            StreamGuard guard = Objects.requireNonNull(call.stream(), "it looks at answers");
            var out = new ByteArrayOutputStream();
            for (String piece : List.of("{\\\"a\\\"", ": 1", fits ? "}" : "")) {
                byte[] event = ("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + piece + "\"}}]}\n\n")
                        .getBytes(StandardCharsets.UTF_8);
                guard.event(event, 0, event.length, out);
            }
            byte[] done = "data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8);
            guard.event(done, 0, done.length, out);
            if (fits) {
                assertThat(guard.end(Runnable::run)).isCompleted();
                assertThat(call.found()).containsExactly(new Verdicts.Found("g", "require", "detect", 1));
            } else {
                assertThatThrownBy(() -> guard.end(Runnable::run).join()).hasMessageContaining("'json'");
            }
        }
    }
}
