package dev.pilothouse.pay.prices;

import static dev.pilothouse.pay.prices.TokenClass.AUDIO_INPUT;
import static dev.pilothouse.pay.prices.TokenClass.CACHE_READ;
import static dev.pilothouse.pay.prices.TokenClass.CACHE_WRITE_1H;
import static dev.pilothouse.pay.prices.TokenClass.CACHE_WRITE_5M;
import static dev.pilothouse.pay.prices.TokenClass.IMAGE_OUTPUT;
import static dev.pilothouse.pay.prices.TokenClass.INPUT;
import static dev.pilothouse.pay.prices.TokenClass.OUTPUT;
import static dev.pilothouse.pay.prices.TokenClass.REASONING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pilothouse.kernel.Money;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;

/** What each format of price files is read as; the samples are written for these tests. */
class PriceFilesTest {
    private static final LocalDate DAY = LocalDate.of(2026, 3, 1);

    static final String LITELLM = """
            {"sample_spec": {"input_cost_per_token": 0.0, "litellm_provider": "one of many", "max_tokens": "a text"},
             "claude-sonnet": {"litellm_provider": "anthropic", "mode": "chat",
               "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
               "cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06,
               "cache_read_input_token_cost": 3e-07,
               "input_cost_per_token_above_200k_tokens": 6e-06, "output_cost_per_token_above_200k_tokens": 2.25e-05,
               "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
               "search_context_cost_per_query": {"search_context_size_low": 0.01, "search_context_size_high": 0.01},
               "max_input_tokens": 200000, "max_output_tokens": 64000},
             "gpt-x": {"litellm_provider": "openai", "input_cost_per_token": 3.75e-08, "output_cost_per_token": "1e-07",
               "output_cost_per_reasoning_token": 2e-07, "input_cost_per_audio_token": 1e-05,
               "input_cost_per_token_priority": 7.5e-08, "input_cost_per_token_flex": 5.0000000000000004e-08,
               "input_cost_per_token_batches": 1.875e-08, "output_cost_per_character": 1e-6,
               "input_cost_per_token_ultrafast": 2e-07, "input_cost_per_token_above_272k_tokens_ultrafast": 4e-07,
               "cache_creation_input_token_cost_above_12hr": 1e-07, "output_cost_per_image_token": 3e-05,
               "regional_processing_uplift_multiplier_eu": 1.1},
             "deepseek-x": {"litellm_provider": "deepseek", "input_cost_per_token": 3e-07,
               "input_cost_per_token_cache_hit": 3e-09,
               "off_peak_pricing": {"input_cost_per_token": 1.5e-07, "windows": []}},
             "deepseek/deepseek-x": {"litellm_provider": "deepseek", "input_cost_per_token": 4e-07},
             "deepseek-y": {"litellm_provider": "deepseek", "input_cost_per_token": 3e-07,
               "cache_read_input_token_cost": 5e-09, "input_cost_per_token_cache_hit": 3e-09},
             "azure/gpt-x": {"litellm_provider": "azure", "input_cost_per_token": 0, "output_cost_per_token": 0.0},
             "gemini-x": {"litellm_provider": "vertex_ai-language-models", "input_cost_per_token": 1e-7,
               "search_context_cost_per_query": {"search_context_size_low": 0.01, "search_context_size_high": 0.05}},
             "qwen-x": {"litellm_provider": "dashscope", "tiered_pricing": [
               {"range": [0, 32000.0], "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6},
               {"range": [32000.0, 128000.0], "input_cost_per_token": 3e-6, "output_cost_per_token": 4e-6}]},
             "bedrock/claude-latest": {"alias_of": "us.claude-x"},
             "us.claude-x": {"litellm_provider": "bedrock_converse", "input_cost_per_token": 5e-06},
             "lost": {"alias_of": "nothing"},
             "broken": {"litellm_provider": "openai", "input_cost_per_token": -1e-6},
             "huge": {"litellm_provider": "openai", "input_cost_per_token": 1e999999999},
             "whisper": {"litellm_provider": "openai", "input_cost_per_second": 0.0001},
             "whisper-x": {"litellm_provider": "openai", "mode": "audio_transcription", "input_cost_per_second": 0.00003083},
             "tts-x": {"litellm_provider": "openai", "mode": "audio_speech", "input_cost_per_character": 1.5e-05},
             "low/1024-x-1024/image-x": {"litellm_provider": "openai", "mode": "image_generation",
               "input_cost_per_image": 0.011},
             "image-y": {"litellm_provider": "gemini", "mode": "image_generation", "input_cost_per_image": 0.001,
               "output_cost_per_image": 0.04},
             "rerank-x": {"litellm_provider": "cohere", "mode": "rerank", "input_cost_per_query": 0.002},
             "nobody": {"input_cost_per_token": 1e-6}}
            """;

    @Test
    void liteLlmsScientificNotationIsReadExactly() {
        PriceSheet sheet = read(PriceFormat.LITELLM, LITELLM, "");
        PriceRow claude = row(sheet, "anthropic", "claude-sonnet", "");
        assertThat(claude.rates().base().own())
                .isEqualTo(Map.of(
                        INPUT, usd("3"),
                        OUTPUT, usd("15"),
                        CACHE_READ, usd("0.3"),
                        CACHE_WRITE_5M, usd("3.75"),
                        CACHE_WRITE_1H, usd("6")));
        assertThat(claude.rates().tiers())
                .containsExactly(new Rates.Tier(
                        200_000,
                        new ClassRates(Map.of(INPUT, usd("6"), OUTPUT, usd("22.5"), CACHE_WRITE_1H, usd("12")))));
        assertThat(claude.rates().perSearchNanoUsd()).hasValue(usd("0.01"));
        assertThat(claude.maxInputTokens()).isEqualTo(200_000);
        assertThat(claude.maxOutputTokens()).isEqualTo(64_000);
        assertThat(claude.sourceDate()).isEqualTo(DAY);

        PriceRow gpt = row(sheet, "openai", "gpt-x", "default");
        assertThat(gpt.rates().base().own())
                .isEqualTo(Map.of(
                        INPUT, usd("0.0375"),
                        OUTPUT, usd("0.1"),
                        REASONING, usd("0.2"),
                        AUDIO_INPUT, usd("10"),
                        IMAGE_OUTPUT, usd("30")));
        // A hundred thousand tokens cost what a calculator says, which doubles of 3.75e-08 would not sum to.
        assertThat(gpt.rates().costNanoUsd(Usage.NONE.with(INPUT, 100_001))).isEqualTo(3_750_038);
    }

    @Test
    void liteLlmsSuffixesAreServiceTiers() {
        PriceSheet sheet = read(PriceFormat.LITELLM, LITELLM, "");
        assertThat(row(sheet, "openai", "gpt-x", "priority").rates().base().own())
                .containsEntry(INPUT, usd("0.075"))
                .containsEntry(OUTPUT, usd("0.1"));
        assertThat(row(sheet, "openai", "gpt-x", "flex").rates().base().own()).containsEntry(INPUT, usd("0.05"));
        assertThat(row(sheet, "openai", "gpt-x", "batch").rates().base().own()).containsEntry(INPUT, usd("0.01875"));
        Rates ultrafast = row(sheet, "openai", "gpt-x", "ultrafast").rates();
        assertThat(ultrafast.costNanoUsd(Usage.NONE.with(INPUT, 272_000))).isEqualTo(usd("0.0544"));
        assertThat(ultrafast.costNanoUsd(Usage.NONE.with(INPUT, 272_001))).isEqualTo(usd("0.1088004"));
    }

    @Test
    void liteLlmsOtherShapes() {
        PriceSheet sheet = read(PriceFormat.LITELLM, LITELLM, "");
        assertThat(row(sheet, "azure", "gpt-x", "").rates().base().own()).isEqualTo(Map.of(INPUT, 0L, OUTPUT, 0L));
        assertThat(row(sheet, "vertex_ai", "gemini-x", "").rates().perSearchNanoUsd())
                .hasValue(usd("0.05"));
        Rates qwen = row(sheet, "dashscope", "qwen-x", "").rates();
        assertThat(qwen.costNanoUsd(Usage.NONE.with(INPUT, 32_000))).isEqualTo(usd("0.032"));
        assertThat(qwen.costNanoUsd(Usage.NONE.with(INPUT, 32_001))).isEqualTo(usd("0.096003"));
        assertThat(row(sheet, "deepseek", "deepseek-x", "").rates().base().own())
                .isEqualTo(Map.of(INPUT, usd("0.3"), CACHE_READ, usd("0.003")));
        assertThat(row(sheet, "deepseek", "deepseek-y", "").rates().base().own())
                .isEqualTo(Map.of(INPUT, usd("0.3"), CACHE_READ, usd("0.005")));
        for (String bedrock : List.of("us.claude-x", "claude-latest")) {
            assertThat(row(sheet, "bedrock", bedrock, "").rates().base().own()).isEqualTo(Map.of(INPUT, usd("5")));
        }
        assertThat(sheet.rows()).hasSize(18);
    }

    @Test
    void liteLlmsPricesOfPicturesSpeechAndSearches() {
        PriceSheet sheet = read(PriceFormat.LITELLM, LITELLM, "");
        Rates whisper = row(sheet, "openai", "whisper-x", "").rates();
        assertThat(whisper.perAudioSecondNanoUsd()).hasValue(30_830);
        assertThat(whisper.costNanoUsd(Usage.NONE.withAudioMillis(12_345))).isEqualTo(380_597);
        Rates speech = row(sheet, "openai", "tts-x", "").rates();
        assertThat(speech.perMillionCharactersNanoUsd()).hasValue(usd("15"));
        assertThat(speech.costNanoUsd(Usage.NONE.withCharacters(7))).isEqualTo(105_000);
        assertThat(row(sheet, "openai", "low/1024-x-1024/image-x", "").rates().perImageNanoUsd())
                .hasValue(usd("0.011"));
        assertThat(row(sheet, "gemini", "image-y", "").rates().perImageNanoUsd())
                .hasValue(usd("0.04"));
        assertThat(row(sheet, "cohere", "rerank-x", "").rates().perRequestNanoUsd())
                .hasValue(usd("0.002"));
    }

    @Test
    void whatIsLeftOutIsSaid() {
        assertThat(read(PriceFormat.LITELLM, LITELLM, "").notes())
                .extracting(Problem::where)
                .containsExactlyInAnyOrder(
                        "gpt-x.input_cost_per_token_flex",
                        "gpt-x.output_cost_per_character",
                        "gpt-x.cache_creation_input_token_cost_above_12hr",
                        "gpt-x.regional_processing_uplift_multiplier_eu",
                        "deepseek-x.off_peak_pricing",
                        "deepseek/deepseek-x",
                        "gemini-x.search_context_cost_per_query",
                        "lost",
                        "broken",
                        "huge",
                        "whisper.input_cost_per_second",
                        "image-y.input_cost_per_image",
                        "nobody");
    }

    static final String GENAI = """
            [{"id": "openai", "name": "OpenAI", "api_pattern": "x", "models": [
               {"id": "o3", "match": {"or": [{"equals": "o3"}, {"equals": "o3-2025-04-16"}, {"starts_with": "o3-"}]},
                "context_window": 200000,
                "prices": [
                  {"prices": {"input_mtok": 10, "cache_read_mtok": 2.5, "output_mtok": 40}},
                  {"constraint": {"start_date": "2025-06-10"},
                   "prices": {"input_mtok": 2, "cache_read_mtok": 0.5, "output_mtok": 8}}]},
               {"id": "sonar", "match": {"equals": "sonar"},
                "prices": {"input_mtok": 1, "output_mtok": 1, "requests_kcount": 12}}]},
             {"id": "google", "name": "Google", "api_pattern": "y", "models": [
               {"id": "gemini-pro", "match": {"contains": "gemini-pro"}, "prices": {
                  "input_mtok": {"base": 1.25, "tiers": [{"start": 200000, "price": 2.5}]},
                  "output_mtok": {"base": 10, "tiers": [{"start": 200000, "price": 15}]},
                  "cache_audio_read_mtok": 1}}]},
             {"id": "anthropic", "name": "Anthropic", "api_pattern": "a", "models": [
               {"id": "claude", "match": {"equals": "claude"},
                "prices": {"input_mtok": 4, "cache_write_mtok": 5, "cache_write_1h_mtok": 8, "output_mtok": 20,
                  "web_searches_kcount": 10},
                "price_variants": [
                  {"when": {"processing": "batch"}, "constraint": {"start_date": "2026-10-14"},
                   "prices": {"input_mtok": 2, "output_mtok": 10}},
                  {"when": {"speed": "fast"}, "prices": {"input_mtok": 8}},
                  {"when": {"service_tier": "default"}, "prices": {}}]},
               {"id": "tiered", "match": {"equals": "tiered"},
                "prices": [
                  {"constraint": {"start_date": "2026-03-01"}, "prices": {"input_mtok": 3, "output_mtok": 3}},
                  {"constraint": {"start_date": "2026-01-01"},
                   "prices": {"input_mtok": {"base": 2, "tiers": [{"start": 1000, "price": 4}]}, "output_mtok": 2}}],
                "price_variants": [{"when": {"service_tier": "flex"}, "prices": {"input_mtok": 1}}]}]},
             {"id": "deepseek", "name": "DeepSeek", "api_pattern": "z", "models": [
               {"id": "chat", "match": {"equals": "chat"}, "prices": [
                 {"constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"}, "prices": {"input_mtok": 1}}]}]}]
            """;

    @Test
    void genaiPricesAreDatedAndTiered() {
        PriceSheet sheet = read(PriceFormat.GENAI_PRICES, GENAI, "");
        var table = new PriceTable(sheet.rows());
        Instant change = Instant.parse("2025-06-10T00:00:00Z");
        Usage million = Usage.NONE.with(INPUT, 1_000_000);
        for (String name : List.of("o3", "o3-2025-04-16")) {
            assertThat(table.find("openai", name, "", change.minusMillis(1))
                            .orElseThrow()
                            .rates()
                            .costNanoUsd(million))
                    .isEqualTo(usd("10"));
            assertThat(table.find("openai", name, "", change)
                            .orElseThrow()
                            .rates()
                            .costNanoUsd(million))
                    .isEqualTo(usd("2"));
        }
        assertThat(row(sheet, "openai", "sonar", "").rates().perRequestNanoUsd())
                .hasValue(usd("0.012"));
        Rates gemini = row(sheet, "google", "gemini-pro", "").rates();
        assertThat(gemini.costNanoUsd(Usage.NONE.with(INPUT, 200_000).with(OUTPUT, 1_000)))
                .isEqualTo(usd("0.25") + usd("0.01"));
        assertThat(gemini.costNanoUsd(Usage.NONE.with(INPUT, 200_001).with(OUTPUT, 1_000)))
                .isEqualTo(usd("0.5000025") + usd("0.015"));
        assertThat(table.find("deepseek", "chat", "", change)).isEmpty();
        assertThat(sheet.notes())
                .extracting(Problem::where)
                .containsExactly("google/gemini-pro.cache_audio_read_mtok", "anthropic/claude", "deepseek/chat");
    }

    @Test
    void genaiVariantsAreServiceTiers() {
        var table = new PriceTable(read(PriceFormat.GENAI_PRICES, GENAI, "").rows());
        Instant batch = Instant.parse("2026-10-14T00:00:00Z");
        assertThat(table.find("anthropic", "claude", "batch", batch.minusMillis(1)))
                .isEmpty();
        Rates claude =
                table.find("anthropic", "claude", "batch", batch).orElseThrow().rates();
        assertThat(claude.base().own())
                .isEqualTo(
                        Map.of(INPUT, usd("2"), OUTPUT, usd("10"), CACHE_WRITE_5M, usd("5"), CACHE_WRITE_1H, usd("8")));
        assertThat(claude.perSearchNanoUsd()).hasValue(usd("0.01"));
        assertThat(table.find("anthropic", "claude", "fast", batch)).isEmpty();
        // A variant's price takes the place of all tiers, and follows what the others become.
        Usage usage = Usage.NONE.with(INPUT, 1_000_000).with(OUTPUT, 1_000_000);
        assertThat(table.find("anthropic", "tiered", "flex", Instant.EPOCH)
                        .orElseThrow()
                        .rates()
                        .costNanoUsd(usage))
                .isEqualTo(usd("4"));
        assertThat(table.find("anthropic", "tiered", "flex", batch)
                        .orElseThrow()
                        .rates()
                        .costNanoUsd(usage))
                .isEqualTo(usd("3"));
        // The last whose date has come counts, whatever dates the others have.
        assertThat(table.find("anthropic", "tiered", "", batch)
                        .orElseThrow()
                        .rates()
                        .costNanoUsd(usage))
                .isEqualTo(usd("6"));
    }

    static final String TOML = """
            name = "GPT-5"
            base_model = "openai/gpt-5"

            [cost]
            input = 2.50
            output = 15
            cache_read = 0.0375

            [[cost.tiers]]
            tier = { type = "context", size = 272_000 }
            input = 5.00
            output = 22.50

            [experimental.modes.fast]
            cost = { input = 20.00, output = 100.00 }
            provider = { body = { service_tier = "priority" } }

            [limit]
            context = 400_000
            input = 272_000
            output = 128_000
            """;

    @Test
    void aFileOfModelsDevIsKnownByItsPath() {
        PriceSheet sheet = read(PriceFormat.MODELS_DEV, TOML, "providers/openai/models/gpt-5.toml");
        PriceRow row = row(sheet, "openai", "gpt-5", "");
        assertThat(row.rates().base().own())
                .isEqualTo(Map.of(INPUT, usd("2.5"), OUTPUT, usd("15"), CACHE_READ, usd("0.0375")));
        assertThat(row.rates().tiers()).extracting(Rates.Tier::aboveInputTokens).containsExactly(272_000L);
        assertThat(row.maxInputTokens()).isEqualTo(272_000);
        assertThat(row.maxOutputTokens()).isEqualTo(128_000);
        assertThat(row(sheet, "openai", "gpt-5", "priority").rates().base().own())
                .containsEntry(OUTPUT, usd("100"));
        assertThatThrownBy(() -> read(PriceFormat.MODELS_DEV, TOML, "")).hasMessageContaining("Give its path");
        assertThatThrownBy(() -> read(PriceFormat.MODELS_DEV, "a = ", "providers/a/models/b.toml"))
                .hasMessageContaining("TOML");
    }

    @Test
    void anArchiveOfModelsDevIsReadWholeAndItsBadFilesAreNamed() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            for (var file : Map.of(
                            "models.dev-dev/providers/openai/models/gpt-5.toml", TOML,
                            "models.dev-dev/providers/openrouter/models/meta/llama.toml",
                                    "[cost]\ninput = 0\noutput = 0\n[cost.context_over_200k]\ninput = 1\n",
                            "models.dev-dev/providers/openai/models/link.toml", "../../other.toml",
                            "models.dev-dev/providers/openai/models/free-text.toml", "name = 'no cost'",
                            "models.dev-dev/providers/openai/provider.toml", "name = 'OpenAI'")
                    .entrySet()) {
                zip.putNextEntry(new ZipEntry(file.getKey()));
                zip.write(file.getValue().getBytes(StandardCharsets.UTF_8));
            }
        }
        PriceSheet sheet = PriceFormat.MODELS_DEV.read(bytes.toByteArray(), new PriceSheet.Origin("m", DAY, ""));
        assertThat(sheet.rows()).hasSize(3);
        assertThat(row(sheet, "openrouter", "meta/llama", "").rates().costNanoUsd(Usage.NONE.with(INPUT, 200_001)))
                .isEqualTo(usd("0.200001"));
        assertThat(sheet.notes())
                .extracting(Problem::where)
                .containsExactly("models.dev-dev/providers/openai/models/link.toml");
    }

    static final String OVERLAY = """
            prices:
              - provider: openai
                model: o3
                effective-from: 2026-02-01
                usd-per-million: {input: 1.9, cache-read: 0.0375, output: "7.5"}
                usd-per-search: 0.01
                tiers:
                  - above-input-tokens: 200000
                    usd-per-million: {input: 3}
              - provider: self
                model: llama
                usd-per-million: {input: 0, output: 0}
            """;

    @Test
    void aContractIsReadFromItsDayOn() {
        PriceSheet sheet = read(PriceFormat.OVERLAY, OVERLAY, "");
        PriceRow row = row(sheet, "openai", "o3", "");
        assertThat(row.effectiveFrom()).isEqualTo(Instant.parse("2026-02-01T00:00:00Z"));
        assertThat(row.rates().base().own())
                .isEqualTo(Map.of(INPUT, usd("1.9"), CACHE_READ, usd("0.0375"), OUTPUT, usd("7.5")));
        assertThat(row(sheet, "self", "llama", "").effectiveFrom()).isEqualTo(Instant.EPOCH);
    }

    @Test
    void allMistakesOfAContractAreToldTogether() {
        var refusal = catchThrowableOfType(PilothouseException.class, () -> read(PriceFormat.OVERLAY, """
                prices:
                  - provider: openai
                    model: o3
                    usd-per-milion: {input: 1}
                    usd-per-million: {inptu: 1, output: 0.0000000001, reasoning: -1, cache-read: many}
                    tiers: [{above-input-tokens: 0}]
                  - provider: ''
                    model: o4
                    effective-from: soon
                    usd-per-million: {input: 1}
                """, ""));
        assertThat(refusal.problems())
                .extracting(Problem::where)
                .containsExactlyInAnyOrder(
                        "prices[0].usd-per-milion",
                        "prices[0].usd-per-million.inptu",
                        "prices[0].usd-per-million.output",
                        "prices[0].usd-per-million.reasoning",
                        "prices[0].usd-per-million.cache-read",
                        "prices[0].tiers[0].above-input-tokens",
                        "prices[0]",
                        "prices[1]");
        assertThatThrownBy(() -> read(PriceFormat.OVERLAY, """
                prices:
                  - {provider: self, model: llama, usd-per-million: {input: 1}}
                  - {provider: self, model: llama, usd-per-million: {input: 2}}
                """, ""))
                .isInstanceOfSatisfying(
                        PilothouseException.class,
                        e -> assertThat(e.problems()).extracting(Problem::where).containsExactly("self/llama"));
        for (String bad : List.of("", "a: [", "prices: 5", "- 1")) {
            assertThatThrownBy(() -> read(PriceFormat.OVERLAY, bad, "")).isInstanceOf(PilothouseException.class);
        }
    }

    @Test
    void anArchiveThatUnpacksToTooMuchIsRefused() throws IOException {
        var bytes = new ByteArrayOutputStream();
        byte[] zeros = new byte[1 << 20];
        try (var zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("picture.png"));
            for (int i = 0; i <= 512; i++) {
                zip.write(zeros);
            }
        }
        assertThatThrownBy(() -> PriceFormat.MODELS_DEV.read(bytes.toByteArray(), new PriceSheet.Origin("m", DAY, "")))
                .hasMessageContaining("unpacks");
    }

    @Test
    void formatsAreReadByTheNamesTheyHave() {
        for (PriceFormat format : PriceFormat.values()) {
            assertThat(PriceFormat.parse(format.label())).isEqualTo(format);
        }
        assertThat(PriceFormat.parse("models.dev")).isEqualTo(PriceFormat.MODELS_DEV);
    }

    @Test
    void whatIsNotOfItsFormatIsRefused() {
        for (String bad : List.of("", "[]", "{", "7")) {
            assertThatThrownBy(() -> read(PriceFormat.LITELLM, bad, "")).isInstanceOf(PilothouseException.class);
        }
        for (String bad : List.of("", "{}", "[")) {
            assertThatThrownBy(() -> read(PriceFormat.GENAI_PRICES, bad, "")).isInstanceOf(PilothouseException.class);
        }
        assertThatThrownBy(() -> PriceFormat.parse("litelm")).hasMessageContaining("'litellm'");
    }

    private static PriceSheet read(PriceFormat format, String text, String path) {
        return format.read(text.getBytes(StandardCharsets.UTF_8), new PriceSheet.Origin("test", DAY, path));
    }

    private static PriceRow row(PriceSheet sheet, String provider, String model, String serviceTier) {
        Optional<PriceRow> found = new PriceTable(sheet.rows()).find(provider, model, serviceTier, Instant.MAX);
        return found.orElseThrow(() -> new AssertionError("No row of " + model + " in " + sheet));
    }

    private static long usd(String amount) {
        return Money.parseNanoUsd(amount);
    }
}
