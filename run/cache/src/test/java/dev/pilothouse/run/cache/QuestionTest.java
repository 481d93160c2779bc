package dev.pilothouse.run.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.run.llm.Asked;
import dev.pilothouse.run.llm.Dialect;
import dev.pilothouse.run.providers.CacheRule;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class QuestionTest {
    private static final CacheRule EXACT =
            new CacheRule(CacheRule.Mode.EXACT, Duration.ofHours(1), CacheRule.Scope.TENANT, "", 0.97);
    private static final CacheRule SEMANTIC =
            new CacheRule(CacheRule.Mode.SEMANTIC, Duration.ofHours(1), CacheRule.Scope.TENANT, "vectors", 0.97);
    private static final CacheRule OWN =
            new CacheRule(CacheRule.Mode.EXACT, Duration.ofHours(1), CacheRule.Scope.KEY, "", 0.97);
    private static final String SAID = "{\"role\": \"user\", \"content\": \"Where is the harbour?\"}";
    private static final String BASE = "\"model\": \"chat\", \"messages\": [" + SAID + "], \"temperature\": 0.5";

    private static Optional<Question> of(CacheRule rule, String tenant, String key, Dialect dialect, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return Question.of(
                tenant, key, rule, List.of("", "", ""), Asked.read(dialect, bytes), bytes, CacheConfig.STANDARD);
    }

    private static Question exact(String members) {
        return of(EXACT, "acme", "k1", Dialect.CHAT, "{" + members + "}").orElseThrow();
    }

    private static Question semantic(String members) {
        return of(SEMANTIC, "acme", "k1", Dialect.CHAT, "{" + members + "}").orElseThrow();
    }

    @Test
    void whoAsksAndHowItIsSentChangesNothing() {
        assertThat(List.of(
                        "\"temperature\": 0.5, \"messages\": [{\"content\":\"Where is the harb\\u006fur?\",\"role\":\"user\"}], \"model\": \"chat\"",
                        BASE + ", \"user\": \"u1\", \"metadata\": {\"a\": \"b\"}, \"safety_identifier\": \"s\"",
                        BASE + ", \"stream\": false, \"stream_options\": null, \"seed\": null"))
                .allSatisfy(body -> assertThat(exact(body)).isEqualTo(exact(BASE)));
        assertThat(exact(BASE + ", \"stream\": true"))
                .isEqualTo(exact(BASE + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}"));
    }

    @Test
    void whatCanChangeAnAnswerMakesAnotherQuestion() {
        var questions = List.of(
                BASE,
                BASE + ", \"stream\": true",
                BASE.replace("0.5", "0.6"),
                BASE.replace("0.5", "0.50"),
                BASE.replace("\"chat\"", "\"other\""),
                BASE.replace("user", "assistant"),
                BASE.replace("harbour", "harbor"),
                BASE.replace("Where is the harbour?", "\\ud800"),
                BASE.replace("Where is the harbour?", "\\ud801"),
                BASE.replace("Where is the harbour?", "?"),
                BASE.replace(SAID, SAID + "," + SAID),
                BASE + ", \"seed\": 9007199254740993",
                BASE + ", \"seed\": 9007199254740992",
                BASE + ", \"n\": 2",
                BASE + ", \"max_tokens\": 5",
                BASE + ", \"stop\": [\"a\", \"b\"]",
                BASE + ", \"stop\": [\"ab\"]",
                BASE + ", \"stop\": \"ab\"",
                BASE + ", \"stop\": [[\"a\"], \"b\"]",
                BASE + ", \"logit_bias\": {\"1\": null}",
                BASE + ", \"logit_bias\": {}",
                BASE + ", \"response_format\": {\"type\": \"json_object\"}",
                BASE + ", \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\"}}]");
        assertThat(questions.stream().map(body -> exact(body).exact())).doesNotHaveDuplicates();
    }

    @Test
    void tenantsProtocolsHeadersAndWhereDeclaredKeysAreApart() {
        String body = "{" + BASE + ", \"max_tokens\": 5}";
        Question one = of(EXACT, "acme", "k1", Dialect.CHAT, body).orElseThrow();
        assertThat(of(EXACT, "acme", "k2", Dialect.CHAT, body)).contains(one);
        assertThat(of(EXACT, "other", "k1", Dialect.CHAT, body).orElseThrow().exact())
                .isNotEqualTo(one.exact());
        assertThat(of(EXACT, "acme", "k1", Dialect.MESSAGES, body).orElseThrow().exact())
                .isNotEqualTo(one.exact());
        assertThat(of(OWN, "acme", "k1", Dialect.CHAT, body).orElseThrow().exact())
                .isNotEqualTo(
                        of(OWN, "acme", "k2", Dialect.CHAT, body).orElseThrow().exact());
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        assertThat(Question.of(
                                "acme",
                                "k1",
                                EXACT,
                                List.of("", "a-beta", ""),
                                Asked.read(Dialect.CHAT, bytes),
                                bytes,
                                CacheConfig.STANDARD)
                        .orElseThrow()
                        .exact())
                .isNotEqualTo(one.exact());
    }

    @Test
    void whatAProviderReadsOnItsOwnIsNoQuestionToKeep() {
        assertThat(List.of(
                        "{\"model\": \"m\", \"input\": \"a\", \"previous_response_id\": \"r1\"}",
                        "{\"model\": \"m\", \"input\": \"a\", \"tools\": [{\"type\": \"web_search\"}]}",
                        "{\"model\": \"m\", \"input\": \"a\", \"conversation\": \"c1\"}",
                        "{\"model\": \"m\", \"input\": \"" + "a".repeat(CacheConfig.STANDARD.maxRequest()) + "\"}"))
                .allSatisfy(body -> assertThat(of(EXACT, "acme", "k1", Dialect.RESPONSES, body))
                        .isEmpty());
        String deep = "[".repeat(300) + "]".repeat(300);
        assertThat(of(EXACT, "acme", "k1", Dialect.CHAT, "{" + BASE + ", \"x\": " + deep + "}"))
                .isEmpty();
    }

    @Test
    void otherWordsOfTheLastMessageAreTheSameMeaningAndAllElseIsNot() {
        Question one = semantic(BASE);
        Question other = semantic(BASE.replace("Where is the harbour?", "Can you tell me where the harbour is?"));
        assertThat(other.meaning()).isNotNull().isEqualTo(one.meaning());
        assertThat(other.exact()).isNotEqualTo(one.exact());
        assertThat(other.text()).isEqualTo("Can you tell me where the harbour is?");
        String system = "{\"role\": \"system\", \"content\": \"Be brief\"},";
        assertThat(List.of(
                                BASE.replace("0.5", "0.6"),
                                BASE + ", \"max_tokens\": 5",
                                BASE + ", \"stream\": true",
                                BASE.replace(SAID, system + SAID),
                                BASE.replace(SAID, system.replace("brief", "long") + SAID),
                                BASE.replace(SAID, "{\"name\": \"Ann\", " + SAID.substring(1)),
                                BASE.replace("Where is", "Where is not"))
                        .stream()
                        .map(body -> semantic(body).meaning()))
                .doesNotHaveDuplicates()
                .doesNotContainNull()
                .doesNotContain(one.meaning());
    }

    @Test
    void onlyOneAnswerInWordsToWordsHasAMeaning() {
        assertThat(List.of(
                        BASE + ", \"n\": 2",
                        BASE + ", \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\"}}]",
                        BASE.replace("\"user\"", "\"assistant\""),
                        BASE.replace("\"Where is the harbour?\"", "[{\"type\": \"text\", \"text\": \"Where?\"}]"),
                        BASE.replace(SAID, SAID + ",{\"role\": \"tool\", \"content\": \"x\"}"),
                        BASE.replace("Where is the harbour?", "Translate \\\"harbour\\\""),
                        "\"model\": \"chat\", \"messages\": []"))
                .allSatisfy(body -> assertThat(semantic(body).meaning()).isNull());
        assertThat(exact(BASE).meaning()).isNull();
    }
}
