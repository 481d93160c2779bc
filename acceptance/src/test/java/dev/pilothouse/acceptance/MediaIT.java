package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.core.JsonValue;
import com.openai.models.audio.AudioResponseFormat;
import com.openai.models.audio.speech.SpeechCreateParams;
import com.openai.models.audio.transcriptions.TranscriptionCreateParams;
import com.openai.models.audio.transcriptions.TranscriptionStreamEvent;
import com.openai.models.images.ImageEditParams;
import com.openai.models.images.ImageGenerateParams;
import dev.pilothouse.testkit.WavBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Pictures, speech, transcripts and reranking as OpenAI's own client asks for them, and what they cost. */
class MediaIT {
    @TempDir
    private Path folder;

    private LlmServer llm;
    private OpenAIClient client;

    @BeforeEach
    void start() {
        llm = new LlmServer(PackagedServer.start(), folder);
        llm.alias("picture", "sim", "sim-image");
        llm.alias("spoken", "sim", "sim-speech");
        llm.alias("heard", "sim", "sim-transcribe");
        llm.alias("ordered", "sim", "sim-rerank");
        client = llm.openAi();
    }

    @AfterEach
    void stop() {
        llm.close();
    }

    private static ImageGenerateParams.Builder picture() {
        return ImageGenerateParams.builder().model("picture").prompt("A harbour at night");
    }

    @Test
    void picturesAreMadeStreamedAndChanged() throws IOException {
        try (var two = client.images().withRawResponse().generate(picture().n(2).build())) {
            assertThat(two.parse().data().orElseThrow()).hasSize(2);
            assertThat(two.headers().values("x-pilothouse-cost-nano-usd"))
                    .containsExactly("80000000")
                    .containsExactly(String.valueOf(llm.invoiced()));
        }
        try (var stream = client.images().generateStreaming(picture().build())) {
            assertThat(stream.stream().filter(event -> event.isGenerationCompleted()))
                    .hasSize(1);
        }
        Path file = Files.write(folder.resolve("harbour.png"), new byte[] {(byte) 0x89, 'P', 'N', 'G'});
        assertThat(client.images()
                        .edit(ImageEditParams.builder()
                                .model("picture")
                                .prompt("By day")
                                .image(file)
                                .build())
                        .data()
                        .orElseThrow())
                .hasSize(1);
        llm.billed(3);
        assertThat(llm.invoiced()).isEqualTo(4 * 40_000_000L);
    }

    @Test
    void speechIsSoundWhoseCostIsInFront() throws IOException {
        try (var sound = client.audio()
                .speech()
                .create(SpeechCreateParams.builder()
                        .model("spoken")
                        .voice("alloy")
                        .input("Ahoy \uD83D\uDEA2")
                        .responseFormat(SpeechCreateParams.ResponseFormat.WAV)
                        .build())) {
            assertThat(sound.headers().values("content-type")).containsExactly("audio/wav");
            assertThat(sound.headers().values("x-pilothouse-cost-nano-usd"))
                    .as("six characters")
                    .containsExactly("90000");
            assertThat(sound.body().readAllBytes()).isNotEmpty();
        }
        llm.billed(1);
    }

    private TranscriptionCreateParams.Builder heard(Path file) {
        return TranscriptionCreateParams.builder().model("heard").file(file);
    }

    @Test
    void transcriptsCostTheirSeconds() throws IOException {
        Path file = Files.write(folder.resolve("silence.wav"), WavBytes.silence(1_500));
        assertThat(client.audio()
                        .transcriptions()
                        .create(heard(file).build())
                        .asTranscription()
                        .text())
                .startsWith("harbour light");
        assertThat(client.audio()
                        .transcriptions()
                        .create(heard(file)
                                .responseFormat(AudioResponseFormat.VERBOSE_JSON)
                                .build())
                        .asVerbose()
                        .text())
                .startsWith("harbour light");
        try (var stream =
                client.audio().transcriptions().createStreaming(heard(file).build())) {
            assertThat(stream.stream().filter(TranscriptionStreamEvent::isTranscriptTextDone))
                    .hasSize(1);
        }
        llm.billed(3);
    }

    @Test
    void documentsArePutInOrder() {
        JsonNode answer = llm.server
                .client()
                .post(
                        "/v1/rerank",
                        "{\"model\": \"ordered\", \"query\": \"Where?\", \"documents\": [\"a harbour\", \"a hill\"]}")
                .expect(200)
                .json();
        assertThat(answer.path("results")).hasSize(2);
        assertThat(answer.path("results").get(0).path("relevance_score").isNumber())
                .isTrue();
        llm.billed(1);
    }

    private static ImageGenerateParams.Builder painters() {
        return picture().putAdditionalBodyProperty("user", JsonValue.from("painter"));
    }

    @Test
    void whatABudgetDoesNotBuyIsRefusedOnceAndCostsNothing() {
        llm.declare("budgets/pictures", "{\"scope\": \"user:painter\", \"window\": \"day\", \"limit\": \"0.05\"}");
        assertThatThrownBy(() -> client.images().generate(painters().n(2).build()))
                .isInstanceOf(com.openai.errors.RateLimitException.class)
                .hasMessageContaining("'pictures'");
        assertThat(client.images().generate(painters().build()).data().orElseThrow())
                .hasSize(1);
        llm.billed(2);
        assertThat(llm.simulator.invoice().calls()).isEqualTo(1);
    }
}
