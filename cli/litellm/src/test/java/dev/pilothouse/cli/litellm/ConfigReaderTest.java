package dev.pilothouse.cli.litellm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.platform.json.Json;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class ConfigReaderTest {
    private static Plan read(String text) {
        return read(text, Map.of());
    }

    private static Plan read(String text, Map<String, String> environment) {
        var plan = new Plan();
        ConfigReader.read(Yaml.read("config.yaml", text), environment, "acme", plan);
        return plan;
    }

    private static JsonNode alias(Plan plan, String name) {
        return plan.aliases().getOrDefault(name, Json.object());
    }

    private static JsonNode provider(Plan plan, String name) {
        return plan.providers().getOrDefault(name, Json.object());
    }

    /** What the notes at a place of the file say. */
    private static String note(Plan plan, String place) {
        return plan.notes().stream()
                .filter(note -> note.where().contains(place))
                .map(Problem::what)
                .findFirst()
                .orElse("no note of " + place + ", but " + plan.notes());
    }

    @Test
    void deploymentsOfOneNameAreWeightedTargetsAtProvidersWithTheirKeys() {
        Plan plan = read("""
                model_list:
                  - model_name: chat
                    litellm_params: {model: openai/gpt-5-mini, api_key: os.environ/OPENAI_API_KEY, weight: 0.9}
                  - model_name: chat
                    litellm_params:
                      model: azure/mini
                      api_base: https://acme.openai.azure.com/
                      api_key: az-1
                      api_version: 2025-01-01
                      weight: 0.1
                  - model_name: claude
                    litellm_params: {model: claude-opus-4}
                """, Map.of("OPENAI_API_KEY", "sk-1"));
        assertThat(plan.secrets())
                .containsEntry("openai-api-key", new Plan.Secret("sk-1", "OPENAI_API_KEY"))
                .containsEntry("azure-key", new Plan.Secret("az-1", "the file"))
                .containsEntry("anthropic-api-key", new Plan.Secret("", "ANTHROPIC_API_KEY"));
        assertThat(provider(plan, "openai"))
                .isEqualTo(
                        Json.parse("{\"kind\": \"openai\", \"secret\": \"openai-api-key\", \"prices\": \"openai\"}"));
        assertThat(provider(plan, "azure")).isEqualTo(Json.parse("""
                {"kind": "azure", "url": "https://acme.openai.azure.com/openai/deployments?api-version=2025-01-01", "secret": "azure-key",
                 "prices": "azure"}
                """));
        assertThat(alias(plan, "chat")).isEqualTo(Json.parse("""
                {"targets": [{"provider": "openai", "model": "gpt-5-mini", "weight": 9},
                             {"provider": "azure", "model": "mini", "weight": 1}], "fallbacks": []}
                """));
        assertThat(alias(plan, "claude")
                        .path("targets")
                        .path(0)
                        .path("provider")
                        .asString())
                .isEqualTo("anthropic");
        assertThat(plan.notes()).isEmpty();
    }

    @Test
    void deploymentsAtOtherAddressesOrWithOtherKeysAreOtherProviders() {
        Plan plan = read("""
                model_list:
                  - {model_name: a, litellm_params: {model: hosted_vllm/llama, api_base: "http://one:8000/v1"}}
                  - {model_name: a, litellm_params: {model: hosted_vllm/llama, api_base: "http://two:8000/v1"}}
                  - {model_name: a, litellm_params: {model: hosted_vllm/llama, api_base: "http://one:8000/v1/"}}
                """);
        assertThat(plan.providers().keySet()).containsExactly("hosted-vllm", "hosted-vllm-2");
        assertThat(provider(plan, "hosted-vllm-2").path("prices").asString()).isEqualTo("hosted-vllm-2");
        assertThat(alias(plan, "a").path("targets")).hasSize(3);
    }

    @Test
    void fallbacksAndOtherNamesAreThoseOfTargets() {
        Plan plan = read("""
                model_list:
                  - {model_name: big, litellm_params: {model: openai/gpt-5}}
                  - {model_name: small, litellm_params: {model: openai/gpt-5-mini}}
                  - {model_name: local, litellm_params: {model: ollama/llama3.2:3b}}
                router_settings:
                  model_group_alias: {gpt-4: big, hidden: {model: small, hidden: true}, lost: none}
                  fallbacks: [{big: [small, gone]}]
                litellm_settings:
                  fallbacks: [{big: [small]}]
                  default_fallbacks: [local]
                """);
        assertThat(plan.aliases().keySet()).containsExactly("big", "small", "local", "gpt-4", "hidden");
        for (String name : List.of("big", "gpt-4")) {
            assertThat(alias(plan, name).path("fallbacks"))
                    .isEqualTo(Json.parse("[{\"provider\": \"openai\", \"model\": \"gpt-5-mini\"}]"));
        }
        assertThat(alias(plan, "hidden").path("fallbacks"))
                .isEqualTo(Json.parse("[{\"provider\": \"ollama\", \"model\": \"llama3.2:3b\"}]"));
        assertThat(alias(plan, "local").path("fallbacks")).isEmpty();
        assertThat(note(plan, "big")).contains("'gone'");
        assertThat(note(plan, "model_group_alias.lost")).contains("'none'");
    }

    @Test
    void pricesAreExactAndAModelHasOne() {
        Plan plan = read("""
                model_list:
                  - model_name: a
                    litellm_params: {model: openai/x, input_cost_per_token: 0.00000015, output_cost_per_token: 6e-07}
                    model_info: {cache_read_input_token_cost: "1.5e-8", mode: chat}
                  - model_name: b
                    litellm_params: {model: openai/x, input_cost_per_token: 1}
                """);
        assertThat(plan.prices())
                .isEqualTo(Json.array()
                        .add(Json.object()
                                .put("provider", "openai")
                                .put("model", "x")
                                .set(
                                        "usd-per-million",
                                        Json.object()
                                                .put("input", new BigDecimal("0.15"))
                                                .put("output", new BigDecimal("0.6"))
                                                .put("cache-read", new BigDecimal("0.015")))));
        assertThat(note(plan, "model_list[1]")).contains("openai/x", "one price");
    }

    @Test
    void whatCannotBeTakenOverIsNamedWithItsPlaceAndTheReason() {
        Plan plan = read("""
                model_list:
                  - {model_name: "*", litellm_params: {model: openai/*}}
                  - {model_name: b, litellm_params: {model: bedrock/claude, aws_region_name: eu-west-1}}
                  - {model_name: v, litellm_params: {model: hosted_vllm/m}}
                  - {model_name: w, litellm_params: {model: hosted_vllm/m, api_base: os.environ/NOWHERE}}
                  - {litellm_params: {model: openai/m}}
                  - {model_name: "two words", litellm_params: {model: openai/m, rpm: 10, shiny_new: 1}}
                general_settings: {master_key: sk-1, brand_new: true}
                mystery: {a: 1}
                empty:
                router_settings: {fallbacks: {a: b}, default_fallbacks: [{c: d}]}
                litellm_settings: [drop_params]
                """);
        assertThat(plan.aliases()).isEmpty();
        assertThat(note(plan, "config.yaml:2:5 model_list[0]")).contains("one name");
        assertThat(note(plan, "config.yaml:3:37 model_list[1].litellm_params")).contains("'bedrock/claude'");
        assertThat(note(plan, "aws_region_name")).contains("means nothing");
        assertThat(note(plan, "model_list[2]")).contains("api_base");
        assertThat(note(plan, "model_list[3]")).contains("NOWHERE");
        assertThat(note(plan, "model_list[4]")).contains("model_name");
        assertThat(note(plan, "two words")).contains("alias");
        assertThat(note(plan, "rpm")).contains("a minute");
        assertThat(note(plan, "shiny_new")).contains("means nothing");
        assertThat(note(plan, "general_settings.master_key")).contains("pilot keys create");
        assertThat(note(plan, "general_settings.brand_new")).contains("means nothing");
        assertThat(note(plan, "config.yaml:10:10 mystery")).contains("means nothing");
        assertThat(note(plan, "router_settings.fallbacks")).contains("means nothing");
        assertThat(note(plan, "router_settings.default_fallbacks[0]")).contains("name of a model");
        assertThat(note(plan, "litellm_settings")).contains("means nothing");
        assertThat(plan.notes()).noneMatch(note -> note.where().contains("empty"));
    }

    @Test
    void aBudgetOfTheProxyIsOneOfTheOrganisation() {
        assertThat(read("litellm_settings: {max_budget: 100, budget_duration: 30d}")
                        .budgets())
                .containsExactly(new Plan.Budget("litellm-all", "organisation:acme", "month", "100"));
        assertThat(note(read("litellm_settings: {max_budget: 100, budget_duration: 45d}"), "litellm_settings"))
                .contains("'45d'", "pilot budget set litellm-all");
    }

    @Test
    void variablesOfTheFileAnchorsAndMergesAreFollowed() {
        Plan plan = read("""
                environment_variables: {BASE: "http://one:1/v1"}
                shared: &shared {api_base: os.environ/BASE, weight: 2}
                model_list:
                  - {model_name: a, litellm_params: {<<: *shared, model: hosted_vllm/m}}
                  - {model_name: a, litellm_params: {<<: [*shared], model: hosted_vllm/n, weight: 3}}
                """);
        assertThat(provider(plan, "hosted-vllm").path("url").asString()).isEqualTo("http://one:1/v1");
        assertThat(alias(plan, "a").path("targets").path(0).path("weight").asInt())
                .isEqualTo(2);
        assertThat(alias(plan, "a").path("targets").path(1).path("weight").asInt())
                .isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"0.9 0.1 | 9 1", "2 4 | 1 2", "1 | 1", "0 5 | 0 1", "0 0 | 0 0", "0.33333 0.66667 | 5000 10000"})
    void weightsAreTheSmallestWholeNumbersInTheSameProportions(String said, String whole) {
        assertThat(ConfigReader.weights(
                        Arrays.stream(said.split(" ")).map(BigDecimal::new).toList()))
                .isEqualTo(Arrays.stream(whole.split(" ")).map(Integer::valueOf).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"model_list:\n  - a: [\n", "a: 'b\n", "\tx: 1\n"})
    void badYamlIsToldWithLineAndColumn(String text) {
        assertThatThrownBy(() -> Yaml.read("config.yaml", text))
                .isInstanceOf(Exit.class)
                .hasMessageMatching("(?s)config\\.yaml:\\d+:\\d+: this is not valid YAML: .*");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "- a\n", "just words\n"})
    void whatIsNoMappingIsRefused(String text) {
        assertThatThrownBy(() -> Yaml.read("config.yaml", text))
                .isInstanceOf(Exit.class)
                .hasMessageContaining("model_list");
    }

    @Test
    void whatIsGivenTwiceIsRefusedWithItsPlace() {
        assertThatThrownBy(() -> read("model_list: []\nmodel_list: []\n"))
                .isInstanceOf(Exit.class)
                .hasMessageContaining("config.yaml:2:1 model_list: this is given twice");
    }

    @Test
    void aFileThatMergesItselfEnds() {
        assertThat(read("a: &a {<<: *a, b: 1}\nmodel_list: [*a]\n").aliases()).isEmpty();
    }

    @Test
    void aFileThatWouldExpandWithoutBoundIsReadOnlyAsFarAsItIsLookedAt() {
        var text = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 60; i++) {
            text.append("a%d: &a%d [*a%d, *a%d]%n".formatted(i, i, i - 1, i - 1));
        }
        text.append("model_list: *a59\n");
        assertThat(read(text.toString()).notes()).hasSizeBetween(60, 70);
    }
}
