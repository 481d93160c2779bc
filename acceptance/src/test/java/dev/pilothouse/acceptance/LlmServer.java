package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import dev.pilothouse.kernel.Money;
import dev.pilothouse.simulators.llm.LlmSimulator;
import dev.pilothouse.simulators.llm.SimulatorConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * A packaged server in front of a simulated provider, which it knows as {@code sim} by the protocol of OpenAI and as {@code claude} by
 * that of Anthropic. Models of the simulator cost what it bills.
 */
final class LlmServer implements AutoCloseable {
    private static final Map<String, String> PRICES = Map.of(
            "sim-mini", "usd-per-million: {input: 0.15, cache-read: 0.015, output: 0.6}",
            "sim-claude", "usd-per-million: {input: 3, output: 15}",
            "sim-embedding", "usd-per-million: {input: 0.02, output: 0}",
            "sim-image", "usd-per-image: 0.04",
            "sim-speech", "usd-per-million-characters: 15",
            "sim-transcribe", "usd-per-audio-second: 0.0001",
            "sim-rerank", "usd-per-request: 0.002");

    final PackagedServer server;
    final LlmSimulator simulator = LlmSimulator.start(SimulatorConfig.standard());

    /**
     * Takes over a server.
     *
     * @param folder for the file of prices
     * @param controlled models with controls in their names, each of which costs what the model itself costs
     */
    LlmServer(PackagedServer server, Path folder, String... controlled) {
        this.server = server;
        var prices = new TreeMap<>(PRICES);
        for (String model : controlled) {
            String itself = model.substring(0, model.indexOf(';'));
            prices.put(model, Objects.requireNonNull(PRICES.get(itself), itself));
        }
        var rows = new StringBuilder("prices:\n");
        prices.forEach((model, price) -> rows.append("  - {provider: sim, model: '%s', %s}\n".formatted(model, price)));
        try {
            Path file = Files.writeString(folder.resolve("prices.yaml"), rows);
            server.cli()
                    .pilot("prices", "import", file.toString(), "--format", "overlay")
                    .done();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        declare("providers/sim", "{\"kind\": \"compatible\", \"url\": \"%s/v1\"}".formatted(simulator.address()));
        declare(
                "providers/claude",
                "{\"kind\": \"anthropic\", \"prices\": \"sim\", \"url\": \"%s/v1\"}".formatted(simulator.address()));
    }

    void declare(String what, String json) {
        server.client()
                .put("/api/v1/" + what, json.getBytes(StandardCharsets.UTF_8))
                .expect(200);
    }

    /** Declares an alias with one target. */
    void alias(String alias, String provider, String model) {
        declare(
                "aliases/" + alias,
                "{\"targets\": [{\"provider\": \"%s\", \"model\": \"%s\"}]}".formatted(provider, model));
    }

    /** OpenAI's own client, with the admin key. */
    OpenAIClient openAi() {
        return openAi(server.key());
    }

    OpenAIClient openAi(String key) {
        return OpenAIOkHttpClient.builder()
                .apiKey(key)
                .baseUrl(server.address() + "/v1")
                .build();
    }

    /** Anthropic's own client, with the admin key. */
    AnthropicClient anthropic() {
        return AnthropicOkHttpClient.builder()
                .apiKey(server.key())
                .baseUrl(server.address().toString())
                .build();
    }

    /** What the provider bills so far, in nano-USD. */
    long invoiced() {
        return simulator.invoice().nanoUsd();
    }

    /** What the server recorded costs what the provider bills. */
    void billed(int calls) {
        await().untilAsserted(() -> {
            JsonNode total = server.client()
                    .get("/api/v1/usage/summary")
                    .expect(200)
                    .json()
                    .path("total");
            assertThat(total.path("calls").asLong()).isEqualTo(calls);
            assertThat(Money.parseNanoUsd(total.path("costUsd").asString()))
                    .isPositive()
                    .isEqualTo(invoiced());
        });
    }

    @Override
    public void close() {
        server.close();
        simulator.close();
    }
}
