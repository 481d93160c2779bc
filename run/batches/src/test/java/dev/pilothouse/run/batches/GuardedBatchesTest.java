package dev.pilothouse.run.batches;

import static dev.pilothouse.run.batches.BatchServer.ACME;
import static dev.pilothouse.run.batches.BatchServer.question;
import static dev.pilothouse.run.batches.BatchServer.questions;
import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.models.batches.Batch;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.simulators.llm.LlmSimulator;
import dev.pilothouse.simulators.llm.SimulatorConfig;
import dev.pilothouse.testkit.TestStore;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What guards see of batches. */
@Timeout(120)
class GuardedBatchesTest {
    @TempDir
    private Path folder;

    private LlmSimulator simulator;
    private BatchServer server;
    private OpenAIClient openAi;

    @BeforeEach
    void start() {
        simulator = LlmSimulator.start(SimulatorConfig.standard());
        server = new BatchServer(
                TestStore.sqlite(folder.resolve("store"), BatchServer.TABLES),
                folder.resolve("server"),
                simulator,
                new KeptUsage(),
                Duration.ofHours(1));
        openAi = server.openAi();
    }

    @AfterEach
    void stop() {
        server.close();
        simulator.close();
    }

    private static String about(String id, String words) {
        return question(id, "small", "\"max_tokens\": 5, ").replace("Where is the harbour?", words);
    }

    private List<JsonNode> lines(String file) {
        return server.get(ACME, "/v1/files/" + file + "/content")
                .body()
                .lines()
                .map(Json::parse)
                .toList();
    }

    @Test
    void theProviderSeesRequestsAsGuardsLetThemPass() {
        server.declare(ACME, "guards/pii", "{\"aliases\": [\"small\"], \"input\": {\"personalData\": \"redact\"}}");
        String file = BatchServer.file(
                openAi, about("1", "Write to ann@example.org.") + about("2", "Write to nobody, of 10 €."));

        List<JsonNode> kept = lines(file);

        assertThat(kept.getFirst().toString()).contains("Write to ").doesNotContain("ann@example.org");
        assertThat(kept.getLast().at("/body/messages/0/content").asString()).isEqualTo("Write to nobody, of 10 €.");
        JsonNode measured =
                Json.parse(server.get(ACME, "/api/v1/guards").body()).at("/items/0/measured/input");
        assertThat(measured.path("checked").asInt())
                .as("each request once, though the file is read twice: %s", measured)
                .isEqualTo(2);
        Batch ended = openAi.batches()
                .retrieve(openAi.batches().create(BatchServer.batch(file)).id());
        assertThat(lines(ended.outputFileId().orElseThrow())).hasSize(2);
    }

    @Test
    void aFileWithARequestThatAGuardBlocksReachesNoProvider() {
        server.declare(ACME, "guards/no-mail", "{\"input\": {\"personalData\": \"block\"}}");
        HttpResponse<String> refused =
                server.upload(ACME, about("1", "Where?") + about("2", "Write to ann@example.org."));
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body())
                .contains("\"guard_blocked\"", "Line 2: The guard 'no-mail' blocks this request")
                .doesNotContain("ann@");
        assertThat(Json.parse(server.get(ACME, "/v1/files").body()).path("data").size())
                .isZero();
    }

    @Test
    void theLongestAliasIsGuardedByItsWholeName() {
        String alias = "a".repeat(64);
        server.alias(ACME, alias, "sim", "sim-mini");
        server.declare(
                ACME,
                "guards/no-mail",
                "{\"aliases\": [\"%s\"], \"input\": {\"personalData\": \"block\"}}".formatted(alias));
        HttpResponse<String> refused =
                server.upload(ACME, about("1", "Write to ann@example.org.").replace("small", alias));
        assertThat(refused.body()).contains("\"guard_blocked\"");
    }

    @Test
    void anAnswerThatAGuardBlocksIsAnErrorInItsPlaceAndIsCharged() {
        Batch begun = BatchServer.begin(openAi, about("short", "Where?") + questions(1, "small", 400));
        Batch ended = openAi.batches().retrieve(begun.id());
        String output = ended.outputFileId().orElseThrow();
        List<JsonNode> before = lines(output);
        server.declare(ACME, "guards/brief", "{\"aliases\": [\"small\"], \"output\": {\"maxCharacters\": 60}}");

        List<JsonNode> guarded = lines(output);

        assertThat(guarded).hasSize(2);
        assertThat(guarded.getFirst()).isEqualTo(before.getFirst());
        JsonNode blocked = guarded.getLast();
        assertThat(blocked.path("custom_id").asString()).isEqualTo("q-0");
        assertThat(blocked.at("/response/status_code").asInt()).isEqualTo(400);
        assertThat(blocked.at("/response/body/error/code").asString()).isEqualTo("guard_blocked");
        assertThat(blocked.toString()).doesNotContain("harbour light");
        assertThat(number(server.get(ACME, "/v1/batches/" + begun.id())))
                .isEqualTo(simulator.invoice().nanoUsd());

        // Also once the client has deleted the file of the requests.
        openAi.files().delete(begun.inputFileId());
        assertThat(lines(output)).isEqualTo(guarded);
    }

    private static long number(HttpResponse<String> answer) {
        return answer.headers().firstValueAsLong("x-pilothouse-cost-nano-usd").orElse(-1);
    }

    @Test
    void noBatchIsMadeOfAFileThatOtherGuardsLookedAt() {
        String file = BatchServer.file(openAi, about("1", "Write to ann@example.org."));
        server.declare(ACME, "guards/no-mail", "{\"input\": {\"personalData\": \"block\"}}");
        HttpResponse<String> refused =
                server.send(ACME, "POST", "/v1/batches", "application/json", """
                {"input_file_id": "%s", "endpoint": "/v1/chat/completions", "completion_window": "24h"}
                """.formatted(file));
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(refused.body()).contains("Upload it again");
        assertThat(simulator.invoice().calls()).isZero();
    }

    @Test
    void answersAreHeldBackFromGuardsThatCannotLookAtBatches() {
        Batch ended = openAi.batches()
                .retrieve(BatchServer.begin(openAi, about("1", "Where?")).id());
        server.declare(
                ACME,
                "guards/outside",
                "{\"webhook\": {\"url\": \"https://guard.example.org/\", \"when\": \"answer\"}}");
        HttpResponse<String> refused =
                server.get(ACME, "/v1/files/" + ended.outputFileId().orElseThrow() + "/content");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("The guard 'outside' counts for the model 'small' and asks a webhook");
    }
}
