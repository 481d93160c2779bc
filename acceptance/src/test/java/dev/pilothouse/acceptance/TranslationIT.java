package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.openai.client.OpenAIClient;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.responses.ResponseCreateParams;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The clients of OpenAI and Anthropic as their makers publish them, each answered by a provider that speaks the other's protocol. */
class TranslationIT {
    private static final String CALLING_MINI = "sim-mini;tool-calls=1";
    private static final String CALLING_CLAUDE = "sim-claude;tool-calls=1";

    @TempDir
    private Path folder;

    private LlmServer llm;

    @BeforeEach
    void start() {
        llm = new LlmServer(PackagedServer.start(), folder, CALLING_MINI, CALLING_CLAUDE);
        llm.alias("mini", "sim", "sim-mini");
        llm.alias("calling-mini", "sim", CALLING_MINI);
        llm.alias("claude", "claude", "sim-claude");
        llm.alias("calling-claude", "claude", CALLING_CLAUDE);
    }

    @AfterEach
    void stop() {
        llm.close();
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
        OpenAIClient client = llm.openAi();
        try (var whole = client.chat()
                .completions()
                .withRawResponse()
                .create(chat("claude").build())) {
            ChatCompletion answer = whole.parse();
            assertThat(answer.choices().getFirst().message().content().orElseThrow())
                    .startsWith("harbour light");
            assertThat(answer.choices().getFirst().finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
            assertThat(whole.headers().values("x-pilothouse-cost-nano-usd"))
                    .containsExactly(String.valueOf(llm.invoiced()));
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
        llm.billed(5);

        assertThatThrownBy(() ->
                        client.chat().completions().create(chat("claude").n(2).build()))
                .isInstanceOf(com.openai.errors.BadRequestException.class)
                .hasMessageContaining("'n' cannot be translated");
        assertThat(llm.simulator.invoice().calls()).isEqualTo(5);
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
        AnthropicClient client = llm.anthropic();
        try (var whole =
                client.messages().withRawResponse().create(message("mini").build())) {
            Message answer = whole.parse();
            assertThat(answer.content().getFirst().asText().text()).startsWith("harbour light");
            assertThat(answer.stopReason()).contains(StopReason.END_TURN);
            assertThat(whole.headers().values("x-pilothouse-cost-nano-usd"))
                    .containsExactly(String.valueOf(llm.invoiced()));
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
        llm.billed(3);
    }
}
