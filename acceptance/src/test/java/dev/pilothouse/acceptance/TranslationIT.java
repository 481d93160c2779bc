package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.responses.ResponseCreateParams;
import dev.pilothouse.kernel.Money;
import dev.pilothouse.simulators.llm.LlmSimulator;
import dev.pilothouse.simulators.llm.SimulatorConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The clients of OpenAI and Anthropic as their makers publish them, each answered by a provider that speaks the other's protocol. */
class TranslationIT {
    private static final String CALLING = ";tool-calls=1";

    @TempDir
    private Path folder;

    private PackagedServer server;
    private LlmSimulator simulator;

    @BeforeEach
    void start() throws IOException {
        simulator = LlmSimulator.start(SimulatorConfig.standard());
        server = PackagedServer.start();
        Path prices = Files.writeString(folder.resolve("prices.yaml"), """
                prices:
                  - {provider: sim, model: sim-mini, usd-per-million: {input: 0.15, output: 0.6}}
                  - {provider: sim, model: 'sim-mini;tool-calls=1', usd-per-million: {input: 0.15, output: 0.6}}
                  - {provider: sim, model: sim-claude, usd-per-million: {input: 3, output: 15}}
                  - {provider: sim, model: 'sim-claude;tool-calls=1', usd-per-million: {input: 3, output: 15}}
                """);
        server.cli()
                .pilot("prices", "import", prices.toString(), "--format", "overlay")
                .done();
        for (String kind : List.of("compatible", "anthropic")) {
            declare(
                    "providers/" + kind,
                    "{\"kind\": \"%s\", \"prices\": \"sim\", \"url\": \"%s/v1\"}".formatted(kind, simulator.address()));
        }
        alias("mini", "compatible", "sim-mini");
        alias("calling-mini", "compatible", "sim-mini" + CALLING);
        alias("claude", "anthropic", "sim-claude");
        alias("calling-claude", "anthropic", "sim-claude" + CALLING);
    }

    @AfterEach
    void stop() {
        server.close();
        simulator.close();
    }

    private void declare(String what, String json) {
        server.client()
                .put("/api/v1/" + what, json.getBytes(StandardCharsets.UTF_8))
                .expect(200);
    }

    private void alias(String alias, String provider, String model) {
        declare(
                "aliases/" + alias,
                "{\"targets\": [{\"provider\": \"%s\", \"model\": \"%s\"}]}".formatted(provider, model));
    }

    /** What the server recorded costs what the provider bills. */
    private void billed(int calls) {
        await().untilAsserted(() -> {
            JsonNode total = server.client()
                    .get("/api/v1/usage/summary")
                    .expect(200)
                    .json()
                    .path("total");
            assertThat(total.path("calls").asLong()).isEqualTo(calls);
            assertThat(Money.parseNanoUsd(total.path("costUsd").asString()))
                    .isPositive()
                    .isEqualTo(simulator.invoice().nanoUsd());
        });
    }

    private static ChatCompletionCreateParams.Builder chat(String model) {
        return ChatCompletionCreateParams.builder()
                .model(model)
                .addSystemMessage("You are a pilot.")
                .addUserMessage("Where is the harbour?");
    }

    private static ResponseCreateParams.Builder response(String model) {
        return ResponseCreateParams.builder().model(model).input("Where is the harbour?");
    }

    @Test
    void theClientOfOpenAiIsAnsweredByAnthropic() {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .apiKey(server.key())
                .baseUrl(server.address() + "/v1")
                .build();
        try (var whole = client.chat()
                .completions()
                .withRawResponse()
                .create(chat("claude").build())) {
            ChatCompletion answer = whole.parse();
            assertThat(answer.choices().getFirst().message().content().orElseThrow())
                    .startsWith("harbour light");
            assertThat(answer.choices().getFirst().finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
            assertThat(whole.headers().values("x-pilothouse-cost-nano-usd"))
                    .containsExactly(String.valueOf(simulator.invoice().nanoUsd()));
        }

        var tool = ChatCompletionFunctionTool.builder()
                .function(FunctionDefinition.builder().name("find").build())
                .build();
        var accumulator = ChatCompletionAccumulator.create();
        try (var stream = client.chat()
                .completions()
                .createStreaming(chat("calling-claude")
                        .addTool(tool)
                        .streamOptions(ChatCompletionStreamOptions.builder()
                                .includeUsage(true)
                                .build())
                        .build())) {
            stream.stream().forEach(accumulator::accumulate);
        }
        ChatCompletion called = accumulator.chatCompletion();
        assertThat(called.usage().orElseThrow().completionTokens()).isEqualTo(16);
        assertThat(called.choices().getFirst().finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
        var message = called.choices().getFirst().message();
        var call = message.toolCalls().orElseThrow().getFirst().asFunction();
        assertThat(call.function().name()).isEqualTo("find");
        assertThat(call.function().arguments()).startsWith("{\"text\":\"harbour");

        ChatCompletion told = client.chat()
                .completions()
                .create(chat("claude")
                        .addTool(tool)
                        .addMessage(message)
                        .addMessage(ChatCompletionToolMessageParam.builder()
                                .toolCallId(call.id())
                                .content("By the church.")
                                .build())
                        .build());
        assertThat(told.choices().getFirst().message().content()).isPresent();
        assertThat(client.responses()
                        .create(response("claude").build())
                        .output()
                        .getFirst()
                        .asMessage()
                        .content()
                        .getFirst()
                        .asOutputText()
                        .text())
                .startsWith("harbour light");
        var response = ResponseAccumulator.create();
        try (var stream = client.responses().createStreaming(response("claude").build())) {
            stream.stream().forEach(response::accumulate);
        }
        assertThat(response.response().usage().orElseThrow().outputTokens()).isEqualTo(16);
        billed(5);

        assertThatThrownBy(() ->
                        client.chat().completions().create(chat("claude").n(2).build()))
                .isInstanceOf(com.openai.errors.BadRequestException.class)
                .hasMessageContaining("'n' cannot be translated");
        assertThat(simulator.invoice().calls()).isEqualTo(5);
    }

    private static MessageCreateParams.Builder message(String model) {
        return MessageCreateParams.builder()
                .model(model)
                .maxTokens(40)
                .system("You are a pilot.")
                .addUserMessage("Where is the harbour?");
    }

    @Test
    void theClientOfAnthropicIsAnsweredByOpenAi() {
        AnthropicClient client = AnthropicOkHttpClient.builder()
                .apiKey(server.key())
                .baseUrl(server.address().toString())
                .build();
        try (var whole =
                client.messages().withRawResponse().create(message("mini").build())) {
            Message answer = whole.parse();
            assertThat(answer.content().getFirst().asText().text()).startsWith("harbour light");
            assertThat(answer.stopReason()).contains(StopReason.END_TURN);
            assertThat(whole.headers().values("x-pilothouse-cost-nano-usd"))
                    .containsExactly(String.valueOf(simulator.invoice().nanoUsd()));
        }

        var tool = Tool.builder()
                .name("find")
                .inputSchema(Tool.InputSchema.builder().build())
                .build();
        var accumulator = MessageAccumulator.create();
        try (var stream = client.messages()
                .createStreaming(message("calling-mini").addTool(tool).build())) {
            stream.stream().forEach(accumulator::accumulate);
        }
        Message called = accumulator.message();
        assertThat(called.stopReason()).contains(StopReason.TOOL_USE);
        assertThat(called.usage().outputTokens()).isEqualTo(16);
        var use = called.content().getFirst().asToolUse();
        assertThat(use.name()).isEqualTo("find");
        assertThat(use._input().toString()).contains("harbour");

        Message told = client.messages()
                .create(message("mini")
                        .addTool(tool)
                        .addMessage(called)
                        .addUserMessageOfContentBlockParams(
                                List.of(ContentBlockParam.ofToolResult(ToolResultBlockParam.builder()
                                        .toolUseId(use.id())
                                        .content("By the church.")
                                        .build())))
                        .build());
        assertThat(told.content().getFirst().isText()).isTrue();
        billed(3);
    }
}
