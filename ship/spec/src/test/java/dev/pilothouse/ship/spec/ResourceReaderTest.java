package dev.pilothouse.ship.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.providers.ModelRoute.Target;
import dev.pilothouse.run.providers.Overheads;
import dev.pilothouse.run.providers.Probe;
import dev.pilothouse.run.providers.Prompt;
import dev.pilothouse.run.providers.Provider;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ResourceReaderTest {
    private static final String HEAD = "apiVersion: pilothouse.dev/v1\n";
    private static final String GATEWAY = HEAD + """
            kind: Budget
            metadata: {name: research}
            scope: team:research
            limit: 1500.00
            thresholds: [50, 90]
            ladder: [{model: chat-small, from: 80, price: 10}]
            notify: [{email: ann@example.com}, {slack-secret: slack-url}]
            ---
            apiVersion: pilothouse.dev/v1
            kind: Route
            metadata: {name: team/chat}
            targets:
              - {provider: openai, model: gpt-5-mini, weight: 9}
              - {provider: openai, model: gpt-5}
            fallbacks: [{provider: local, model: llama}]
            residency: [eu]
            prompt:
              name: polite
              version: 2
              text: |
                Answer politely.
            rollout: {steps: [10, 100], errors: {margin: 3%}, cost: {margin: 8%}, dear-beyond: 3}
            ---
            apiVersion: pilothouse.dev/v1
            kind: Provider
            metadata: {name: openai}
            protocol: openai
            secret: openai-key
            region: eu
            overheads: {medium: 90000}
            first-byte: 5s
            deadline: 2m
            probe: {path: /v1/models, every: 30s}
            """;

    private static Schema schema(String kind) {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(text(kind.toLowerCase(Locale.ROOT) + ".json"));
    }

    private static String text(String name) {
        return new String(Schemas.read(name), StandardCharsets.UTF_8);
    }

    private static String kind(String document) {
        return document.replaceFirst("(?s).*\nkind: (\\w+)\n.*", "$1");
    }

    @Test
    void thePublishedSchemasAcceptWhatTheReaderReadsAndRefuseUnknownKeys() {
        for (String document : GATEWAY.split("---\n", -1)) {
            Schema schema = schema(kind(document));
            assertThat(schema.validate(document, InputFormat.YAML)).as(document).isEmpty();
            assertThat(schema.validate(document + "scpoe: x\n", InputFormat.YAML))
                    .as(document)
                    .isNotEmpty();
        }
        var chat = (Resource.OfRoute)
                SpecReader.file("pilothouse.yaml", GATEWAY).resources().get(1);
        String written = RouteTree.text(chat.route(), chat.plan().orElseThrow());
        assertThat(schema("Route").validate(written, InputFormat.JSON)).isEmpty();
    }

    @Test
    void everyKeyOfAPublishedSchemaIsOneThatTheReaderKnows() {
        for (String kind : Resource.KINDS) {
            JsonNode keys =
                    Json.parse(text(kind.toLowerCase(Locale.ROOT) + ".json")).path("properties");
            assertThat(keys.size()).isGreaterThan(5);
            for (String key : keys.propertyNames()) {
                String document = HEAD + "kind: " + kind + "\nmetadata: {name: a, b: c}\n"
                        + (key.matches("apiVersion|kind|metadata") ? "" : key + ": []\n");
                assertThat(problems(document))
                        .as(key)
                        .anyMatch(problem -> problem.contains("There is no key 'b' here."))
                        .noneMatch(problem -> problem.contains("There is no key '" + key + "'"));
            }
        }
    }

    @Test
    void theSchemaOfAnyDocumentNamesThatOfEachKind() {
        JsonNode any = Json.parse(text(Schemas.ANY));
        assertThat(any.at("/properties/kind/enum").valueStream().map(JsonNode::stringValue))
                .containsExactlyElementsOf(Stream.concat(Stream.of("Service"), Resource.KINDS.stream())
                        .toList());
        for (JsonNode each : any.path("allOf")) {
            String kind = each.at("/if/properties/kind/const").stringValue();
            assertThat(each.at("/then/$ref").stringValue())
                    .isEqualTo(kind.toLowerCase(Locale.ROOT) + ".json")
                    .isIn(Schemas.NAMES);
        }
        assertThat(any.path("allOf")).hasSize(Schemas.NAMES.size() - 1);
    }

    @Test
    void aFileDeclaresProvidersRoutesAndBudgetsInAnOrderInWhichEachFindsWhatItNames() {
        List<Resource> read = SpecReader.file("pilothouse.yaml", GATEWAY).resources();
        assertThat(read).extracting(Resource::kind).containsExactly("Provider", "Route", "Budget");
        assertThat(read)
                .extracting(Resource::place)
                .containsExactly("pilothouse.yaml:25:1", "pilothouse.yaml:10:1", "pilothouse.yaml:1:1");
        Provider openai = ((Resource.OfProvider) read.get(0)).provider();
        assertThat(openai.url()).hasToString("https://api.openai.com/v1");
        assertThat(openai.secret()).isEqualTo("openai-key");
        Overheads usual = Overheads.of(Provider.Kind.OPENAI);
        assertThat(openai.overheads())
                .isEqualTo(new Overheads(usual.call(), usual.message(), usual.tool(), usual.preamble(), 90_000));
        assertThat(openai.firstByte()).isEqualTo(Duration.ofSeconds(5));
        assertThat(openai.deadline()).isEqualTo(Duration.ofMinutes(2));
        assertThat(openai.probe()).contains(new Probe("/v1/models", Duration.ofSeconds(30), Duration.ofSeconds(2)));
        var chat = (Resource.OfRoute) read.get(1);
        assertThat(chat.route().targets())
                .containsExactly(new Target("openai", "gpt-5-mini", 9), new Target("openai", "gpt-5", 1));
        assertThat(chat.route().fallbacks()).containsExactly(new Target("local", "llama", 1));
        assertThat(chat.route().prompt()).contains(new Prompt("polite", "2", "Answer politely.\n"));
        RoutePlan plan = chat.plan().orElseThrow();
        assertThat(plan.rollout().steps()).containsExactly(10, 100);
        assertThat(plan.rollout().errors()).isEqualTo(new ServiceSpec.Bounds(0.002, 0.03));
        assertThat(plan.cost()).contains(new ServiceSpec.Bounds(0.02, 0.08));
        assertThat(plan.dearBeyond()).isEqualTo(3);
        var budget = (Resource.OfBudget) read.get(2);
        assertThat(budget.body().path("limit").stringValue()).isEqualTo("1500.00");
        assertThat(budget.body().path("notify").path(1).path("slackSecret").stringValue())
                .isEqualTo("slack-url");
    }

    @Test
    void whatIsStoredOfARouteIsReadAsTheSame() {
        var chat = (Resource.OfRoute)
                SpecReader.file("pilothouse.yaml", GATEWAY).resources().get(1);
        Resource.OfRoute again =
                RouteTree.read(RouteTree.text(chat.route(), chat.plan().orElseThrow()));
        assertThat(again.route()).isEqualTo(chat.route());
        assertThat(again.plan()).isEqualTo(chat.plan());
        var any = RouteTree.read("chat", Json.parseObject("""
                {"targets": [{"provider": "openai", "model": "gpt-5"}], "rollout": {"dear-beyond": "any"}}
                """.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        assertThat(any.plan().orElseThrow().cost()).isEmpty();
        assertThat(RouteTree.read(RouteTree.text(any.route(), any.plan().orElseThrow())))
                .extracting(Resource.OfRoute::plan)
                .isEqualTo(any.plan());
    }

    @Test
    void allMistakesAreToldTogetherEachWithItsPlace() {
        assertThat(problems(HEAD + """
                kind: Provider
                metadata: {name: OpenAI}
                protocol: opnai
                region: eu
                max-ouput-tokens: 3
                deadline: 2h
                ---
                apiVersion: pilothouse.dev/v1
                kind: Route
                metadata: {name: chat}
                targets: [{provider: openai, model: gpt-5, weight: 20000}]
                rollout: {steps: [10], shadow: {requests: 5}, dear-beyond: 1}
                ---
                apiVersion: pilothouse.dev/v1
                kind: Budget
                metadata: {name: research}
                scope: teem:research
                limit: many
                """))
                .containsExactlyInAnyOrder(
                        "f.yaml:4:11 protocol: There is no kind of provider 'opnai'. Did you mean 'openai'?",
                        "f.yaml:3:18 metadata.name: 'OpenAI' cannot be used here; use 1 to 63 lower-case letters, digits and"
                                + " dashes.",
                        "f.yaml:6:1 max-ouput-tokens: There is no key 'max-ouput-tokens' here. Did you mean"
                                + " 'max-output-tokens'?",
                        "f.yaml:7:11 deadline: '2h' does not fit; use a time from 1s to 1h, such as 250ms, 10s, 5m, 1h or 2d.",
                        "f.yaml:12:52 targets[0].weight: '20000' does not fit; use a whole number from 0 to 10000.",
                        "f.yaml:13:18 rollout.steps: The last step must be 100, all traffic.",
                        "f.yaml:13:24 rollout.shadow: There is no key 'shadow' here. Known are: steps, min-requests, max-wait,"
                                + " alpha, beta, slow-after, errors, slow, accuracy, labels, cost, dear-beyond.",
                        "f.yaml:13:60 rollout.dear-beyond: Use how many times the median cost is dear, above 1, or 'any'.",
                        "f.yaml:18:8 scope: 'teem:research' is no scope. Write its kind and its name, such as team:research."
                                + " Did you mean 'team'?",
                        "f.yaml:19:8 limit: 'many' is no amount of US dollars. Write a decimal with at most nine decimals, such as"
                                + " 12.5.");
    }

    @Test
    void aKeyInAFileIsRefusedAndNotRepeated() {
        String key = "sk-proj-abcdefghijklmnopqrstuvwx";
        List<String> problems = problems(HEAD + """
                kind: Provider
                metadata: {name: openai}
                protocol: openai
                secret: %s
                ---
                apiVersion: pilothouse.dev/v1
                kind: Budget
                metadata: {name: research}
                scope: team:research
                limit: 1
                notify: [{slack: https://hooks.slack.com/services/T0/B0/abc}]
                """.formatted(key));
        assertThat(problems)
                .anyMatch(problem -> problem.startsWith("f.yaml:5:9 secret: This looks like a key itself."))
                .anyMatch(problem -> problem.startsWith("f.yaml:12:11 notify[0].slack: There is no key 'slack' here."))
                .noneMatch(problem -> problem.contains(key) || problem.contains("hooks.slack.com"));
    }

    @Test
    void aKindThatStandsTwiceUnderOneNameIsTold() {
        String provider = HEAD + """
                kind: Provider
                metadata: {name: openai}
                protocol: openai
                """;
        assertThat(problems(provider + "---\n" + provider))
                .containsExactly("f.yaml:6:1 metadata.name: The Provider 'openai' stands in this file twice.");
    }

    private static List<String> problems(String text) {
        var refusal = catchThrowableOfType(PilothouseException.class, () -> SpecReader.file("f.yaml", text));
        return refusal.problems().stream().map(Problem::toString).toList();
    }
}
