package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.anthropic.client.AnthropicClient;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.openai.client.OpenAIClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.embeddings.EmbeddingCreateParams;
import dev.pilothouse.kernel.Money;
import dev.pilothouse.simulators.llm.Invoice;
import dev.pilothouse.trust.access.Access;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The clients of OpenAI and Anthropic as their makers publish them, unchanged, against the packaged server and a simulated provider. */
class GatewayIT {
    private static final String SLOW = "sim-mini;token-ms=50;output-tokens=200";

    @TempDir
    private Path folder;

    private LlmServer llm;
    private PackagedServer server;

    @BeforeEach
    void start() {
        server = PackagedServer.start();
        llm = new LlmServer(server, folder, SLOW);
        llm.alias("small", "sim", "sim-mini");
        llm.alias("slow", "sim", SLOW);
        llm.alias("claude", "claude", "sim-claude");
        llm.alias("vectors", "sim", "sim-embedding");
    }

    @AfterEach
    void stop() {
        llm.close();
    }

    private static ChatCompletionCreateParams.Builder question(String model) {
        return ChatCompletionCreateParams.builder().model(model).addUserMessage("Where is the harbour?");
    }

    @Test
    void theClientOfOpenAiIsAnsweredAndEveryCallIsARowThatCostsWhatTheProviderBills() {
        OpenAIClient client = llm.openAi();
        try (var whole = client.chat()
                .completions()
                .withRawResponse()
                .create(question("small").build())) {
            assertThat(whole.parse().choices().getFirst().message().content().orElseThrow())
                    .startsWith("harbour light");
            assertThat(whole.headers().values("x-pilothouse-cost-nano-usd"))
                    .containsExactly(String.valueOf(llm.invoiced()));
        }

        try (var stream = client.chat()
                .completions()
                .createStreaming(question("small")
                        .streamOptions(ChatCompletionStreamOptions.builder()
                                .includeUsage(true)
                                .build())
                        .build())) {
            var chunks = stream.stream().toList();
            assertThat(chunks.getLast().usage().orElseThrow().completionTokens())
                    .isEqualTo(16);
            assertThat(chunks.stream()
                            .flatMap(chunk -> chunk.choices().stream())
                            .flatMap(choice -> choice.delta().content().stream())
                            .collect(Collectors.joining()))
                    .startsWith("harbour light over");
        }

        // It asks for base 64 by itself.
        var vectors = client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model("vectors")
                        .input("a")
                        .build());
        assertThat(vectors.data().getFirst().embedding()).hasSizeGreaterThan(100);
        assertThat(client.models().list().data())
                .extracting(model -> model.id())
                .contains("small", "claude");

        llm.billed(3);
    }

    @Test
    void theClientOfAnthropicIsAnswered() {
        AnthropicClient client = llm.anthropic();
        var question =
                MessageCreateParams.builder().model("claude").maxTokens(40).addUserMessage("Where is the harbour?");
        var message = client.messages().create(question.build());
        assertThat(message.content().getFirst().asText().text()).startsWith("harbour light");
        try (var stream = client.messages().createStreaming(question.build())) {
            assertThat(stream.stream()
                            .filter(event -> event.isContentBlockDelta())
                            .count())
                    .isEqualTo(16);
        }
        assertThat(client.messages()
                        .countTokens(MessageCountTokensParams.builder()
                                .model("claude")
                                .addUserMessage("a")
                                .build())
                        .inputTokens())
                .isPositive();
    }

    @Test
    void aRefusedCallIsOneRequestWhateverTheClient() {
        server.client()
                .put("/api/v1/budgets/tiny", """
                        {"scope": "user:spender", "window": "day", "limit": "0.000001"}
                        """.getBytes(StandardCharsets.UTF_8))
                .expect(200);
        assertThatThrownBy(() -> llm.openAi()
                        .chat()
                        .completions()
                        .create(question("small").safetyIdentifier("spender").build()))
                .isInstanceOf(com.openai.errors.RateLimitException.class)
                .hasMessageContaining("'tiny'");
        assertThat(answered("createChatCompletion")).isEqualTo(1);
        assertThatThrownBy(() -> llm.anthropic()
                        .messages()
                        .create(MessageCreateParams.builder()
                                .model("claude")
                                .maxTokens(40)
                                .addUserMessage("Where?")
                                .metadata(com.anthropic.models.messages.Metadata.builder()
                                        .userId("spender")
                                        .build())
                                .build()))
                .isInstanceOf(com.anthropic.errors.RateLimitException.class);
        assertThat(answered("createMessage")).isEqualTo(1);
        assertThat(llm.simulator.invoice().calls()).isZero();
        await().untilAsserted(() -> {
            JsonNode rows = server.client()
                    .get("/api/v1/usage?outcome=refused")
                    .expect(200)
                    .json()
                    .path("items");
            assertThat(rows)
                    .extracting(row -> row.path("error").asString()
                            + " " + row.path("alias").asString()
                            + " " + row.path("costUsd").asString())
                    .containsExactlyInAnyOrder("budget-exhausted small 0", "budget-exhausted claude 0");
        });
    }

    @Test
    void theBudgetOfATeamCountsWhatTheKeysOfItsProjectsSpend() {
        String team = made("units", "{\"kind\": \"team\", \"name\": \"nlp\"}");
        String project =
                made("units", "{\"kind\": \"project\", \"name\": \"chatbot\", \"parent\": \"%s\"}".formatted(team));
        llm.declare("budgets/nlp", "{\"scope\": \"team:nlp\", \"window\": \"day\", \"limit\": \"1\"}");
        llm.declare("budgets/bot", "{\"scope\": \"project:nlp/chatbot\", \"window\": \"day\", \"limit\": \"2\"}");
        JsonNode key = server.client()
                .post(
                        "/api/v1/keys",
                        "{\"name\": \"bot\", \"roles\": [\"invoker\"], \"unit\": \"%s\"}".formatted(project))
                .expect(201)
                .json();
        OpenAIClient bot = llm.openAi(key.path("key").asString());
        try (var answer = bot.chat()
                .completions()
                .withRawResponse()
                .create(question("small").build())) {
            long spent = llm.invoiced();
            assertThat(answer.headers().values("x-pilothouse-budgets")).containsExactly("nlp,bot");
            assertThat(answer.headers().values("x-pilothouse-remaining"))
                    .allSatisfy(left -> assertThat(left)
                            .isIn("nlp=" + (1_000_000_000 - spent) + ",bot=" + (2_000_000_000 - spent), ""));
        }
        await().untilAsserted(() -> assertThat(server.client()
                        .get("/api/v1/usage/summary?by=project")
                        .expect(200)
                        .json()
                        .path("items"))
                .extracting(row -> row.path("project").asString())
                .containsExactly("nlp/chatbot"));
    }

    private String made(String what, String json) {
        return server.client()
                .post("/api/v1/" + what, json)
                .expect(201)
                .json()
                .path("id")
                .asString();
    }

    /** Requests of an operation, by the server's own meters. */
    private long answered(String operation) {
        return server.client()
                .get("/metrics")
                .expect(200)
                .text()
                .lines()
                .filter(line -> line.startsWith("http_server_requests_seconds_count{")
                        && line.contains("operation=\"" + operation + "\""))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Test
    void whatACrashCutsIsChargedItsCeilingAndWhatWasFinishedIsThere() throws Exception {
        server.client()
                .put("/api/v1/budgets/all", """
                        {"scope": "organisation:%s", "window": "total", "limit": "1"}
                        """.formatted(Access.FIRST_ORGANISATION)
                        .getBytes(StandardCharsets.UTF_8))
                .expect(200);
        for (int i = 0; i < 5; i++) {
            llm.openAi().chat().completions().create(question("small").build());
        }
        long finished = llm.invoiced();
        try (HttpClient http = HttpClient.newHttpClient()) {
            InputStream stream = http.send(
                            HttpRequest.newBuilder(server.address().resolve("/v1/chat/completions"))
                                    .header("authorization", "Bearer " + server.key())
                                    .header("content-type", "application/json")
                                    .timeout(Duration.ofSeconds(20))
                                    .POST(HttpRequest.BodyPublishers.ofString("""
                                            {"model": "slow", "stream": true, "messages": [{"role": "user", "content": "Where?"}]}
                                            """))
                                    .build(),
                            BodyHandlers.ofInputStream())
                    .body();
            assertThat(stream.read()).isPositive();
            server.kill();
        }
        server.startAgain();
        await().untilAsserted(() -> {
            JsonNode by = server.client()
                    .get("/api/v1/usage/summary?by=outcome")
                    .expect(200)
                    .json()
                    .path("items");
            Map<String, JsonNode> outcomes = by.valueStream()
                    .collect(Collectors.toMap(each -> each.path("outcome").asString(), each -> each));
            assertThat(outcomes).containsOnlyKeys("ok", "bounded");
            assertThat(outcomes.get("ok").path("calls").asLong()).isEqualTo(5);
            assertThat(Money.parseNanoUsd(outcomes.get("ok").path("costUsd").asString()))
                    .isEqualTo(finished);
            long cut = llm.simulator.invoice().lines(0, 100).stream()
                    .filter(line -> line.state() == Invoice.Line.State.ABORTED)
                    .mapToLong(Invoice.Line::nanoUsd)
                    .sum();
            assertThat(Money.parseNanoUsd(
                            outcomes.get("bounded").path("costUsd").asString()))
                    .isGreaterThanOrEqualTo(cut);
        });
    }
}
