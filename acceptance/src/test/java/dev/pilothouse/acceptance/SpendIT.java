package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.Money;
import dev.pilothouse.simulators.llm.LlmSimulator;
import dev.pilothouse.simulators.llm.SimulatorConfig;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Who runs the gateway does it from the command line: providers, aliases, budgets, usage and agents. */
class SpendIT {
    @TempDir
    private static Path folder;

    private static PackagedServer server;
    private static LlmSimulator simulator;

    @BeforeAll
    static void start() throws IOException {
        simulator = LlmSimulator.start(SimulatorConfig.standard());
        server = PackagedServer.start();
        Path prices = Files.writeString(folder.resolve("prices.yaml"), """
                prices:
                  - {provider: sim, model: sim-mini, usd-per-million: {input: 0.15, output: 0.6}}
                  - {provider: sim, model: sim-large, usd-per-million: {input: 2.5, output: 10}}
                """);
        pilot("prices", "import", prices.toString(), "--format", "overlay").done();
        pilot("providers", "set", "sim", "--kind", "compatible", "--url", simulator.address() + "/v1")
                .done();
        pilot("aliases", "set", "chat", "sim/sim-mini").done();
    }

    @AfterAll
    static void stop() {
        server.close();
        simulator.close();
    }

    private static Cli.Result pilot(String... words) {
        return server.cli().pilot(words);
    }

    /** One question to an alias; the status of its answer. */
    private static int ask(String key, String model, String... headers) {
        try (HttpClient http = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(server.address().resolve("/v1/chat/completions"))
                    .header("authorization", "Bearer " + key)
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("""
                            {"model": "%s", "messages": [{"role": "user", "content": "Where?"}], "max_tokens": 20}
                            """.formatted(model)));
            for (int i = 0; i < headers.length; i += 2) {
                request.header(headers[i], headers[i + 1]);
            }
            return http.send(request.build(), BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Test
    void providersAreDeclaredChangedInPartShownAndRemoved() {
        pilot("providers", "set", "other", "--kind", "compatible", "--url", "http://127.0.0.1:9/v1")
                .done();
        pilot("providers", "set", "other", "--deadline", "30", "--adds", "message=7,tool=40")
                .done();
        assertThat(pilot("providers", "show", "other").done().out())
                .containsPattern("at +http://127.0.0.1:9/v1")
                .containsPattern("whole answer within +30 s")
                .contains("7 to a message", "40 to a tool");
        assertThat(pilot("providers", "list").done().out()).containsPattern("other +compatible +http://127.0.0.1:9/v1");
        assertThat(pilot("providers", "show", "othr").ended(2).err()).contains("'other'");
        assertThat(pilot("providers", "set", "bad", "--kind", "opnai").ended(2).err())
                .contains("'openai'", "request id");
        assertThat(pilot("providers", "remove", "sim").ended(1).err()).contains("chat");
        pilot("providers", "remove", "other").done();
        assertThat(pilot("providers", "list", "-o", "json").done().json().path("items"))
                .hasSize(1);
    }

    @Test
    void aliasesReadAsTheyAreTypedAndAreTakenFromAFile() throws IOException {
        pilot("aliases", "set", "team/two", "sim/sim-mini:9", "sim/sim-large:1", "--fallback", "sim/sim-claude")
                .done();
        assertThat(pilot("aliases", "list").done().out())
                .containsPattern("team/two +sim/sim-mini:9 sim/sim-large:1 +sim/sim-claude");
        assertThat(pilot("aliases", "show", "team/two").done().out())
                .containsPattern("sim +sim-mini +9 +90 %")
                .containsPattern("sim +sim-claude +fallback 1");
        Path file = Files.writeString(
                folder.resolve("alias.json"),
                pilot("aliases", "show", "team/two", "-o", "json").done().out());
        pilot("aliases", "set", "copy", "-f", file.toString()).done();
        assertThat(pilot("aliases", "show", "copy", "-o", "json").done().json().path("targets"))
                .isEqualTo(pilot("aliases", "show", "team/two", "-o", "json")
                        .done()
                        .json()
                        .path("targets"));
        assertThat(pilot("aliases", "set", "lost", "nobody/m").ended(2).err()).contains("nobody");
        assertThat(pilot("aliases", "set", "lost", "gpt-5").ended(2).err())
                .contains("'gpt-5' is no target", "openai/gpt-5-mini:9");
        pilot("aliases", "remove", "copy").done();
        pilot("aliases", "remove", "team/two").done();
    }

    @Test
    void aKeyHasABudgetThatIsExactRaisedByTwoPeopleAndRemovedOnPurpose() {
        JsonNode key = pilot("keys", "create", "ci", "--role", "invoker", "-o", "json")
                .done()
                .json();
        String scope = "key:" + key.path("id").asString();
        pilot("budget", "set", "ci", "--scope", scope, "--limit", "0.000000001", "--window", "day", "--threshold", "90")
                .done();
        assertThat(ask(key.path("key").asString(), "chat")).isEqualTo(429);
        assertThat(pilot("budget", "list").done().out())
                .containsPattern("ci +" + scope + " \\(ci of \\w+\\) +day +usd +0.000000001");
        assertThat(pilot("keys", "list").done().out())
                .containsPattern(key.path("id").asString() + " +ci +\\w+ +invoker");

        // What is not said stays: only the limit changes.
        pilot("budget", "set", "ci", "--limit", "0.05").done();
        assertThat(ask(key.path("key").asString(), "chat")).isEqualTo(200);
        await().untilAsserted(
                        () -> assertThat(pilot("budget", "show", "ci").done().out())
                                .containsPattern("limit +0.05 USD")
                                .containsPattern("spent +0.0000\\d+ USD")
                                .containsPattern("forecast +[0-9.]+ USD")
                                .containsPattern("told at +90 %"));

        Client engineer = server.client().principal("eve", "engineer");
        Cli eve = server.cli().as(engineer.key());
        eve.pilot("budget", "request", "ci", "--amount", "0.01", "--for", "2h", "--reason", "night run")
                .done();
        assertThat(eve.pilot("budget", "approve", "ci").ended(4).err()).contains("approver");
        assertThat(pilot("budget", "overrides", "ci").done().out())
                .containsPattern("waiting +0.01 USD +in [12] .* eve .*night run");
        assertThat(pilot("budget", "approve", "ci", "--comment", "go").done().out())
                .contains("approved", "0.01 USD more for ci");
        await().untilAsserted(
                        () -> assertThat(pilot("budget", "show", "ci").done().out())
                                .containsPattern("limit +0.05 USD, raised by 0.01 for now"));
        assertThat(pilot("budget", "approve", "ci").ended(1).err()).contains("pilot budget overrides ci");

        assertThat(pilot("budget", "set", "no", "--scope", "teem:a", "--limit", "1e3", "--window", "fortnight")
                        .ended(2)
                        .err())
                .contains("'team'", "1e3", "fortnight", "request id");
        assertThat(pilot("budget", "remove", "ci").ended(2).err()).contains("--confirm ci");
        pilot("budget", "remove", "ci", "--confirm", "ci").done();
        assertThat(pilot("budget", "list", "-o", "json").done().json().path("items"))
                .isEmpty();
    }

    @Test
    void usageIsSummedListedAndExported() throws IOException {
        assertThat(ask(server.key(), "chat", "x-pilothouse-tags", "exported")).isEqualTo(200);
        assertThat(ask(server.key(), "chat", "x-pilothouse-tags", "exported")).isEqualTo(200);
        String[] where = {"--where", "tag=exported", "--from", "1h"};
        JsonNode sums = awaitCalls(2, where);
        String cost = sums.path("total").path("costUsd").asString();
        assertThat(Money.parseNanoUsd(cost)).isPositive();
        assertThat(usage(where, "--by", "tag,model").done().out())
                .containsPattern("exported +sim-mini +2 +2 +0 +0 +\\d+ +\\d+ +" + cost)
                .containsPattern("all +2 +2");
        assertThat(usage(where, "--by", "key").done().out()).containsPattern("\\w+ \\([\\w ]+ of \\w+\\) +2");
        assertThat(usage(where, "--rows").done().out().lines()).hasSize(3);
        Path file = folder.resolve("usage.csv");
        usage(where, "--csv", file.toString()).done();
        assertThat(Files.readAllLines(file)).hasSize(3);
        assertThat(usage(where, "--csv").done().out().replace("\r", ""))
                .isEqualTo(Files.readString(file).replace("\r", ""));
        assertThat(usage(where, "--csv", file.toString()).ended(1).err()).contains("there already");
        assertThat(usage(where, "--where", "agent=", "-o", "json").done().json().path("total"))
                .isEqualTo(sums.path("total"));
        assertThat(usage(where, "--where", "agent=x", "-o", "json")
                        .done()
                        .json()
                        .path("items"))
                .isEmpty();
        assertThat(usage(where, "--by", "modle").ended(2).err()).contains("'model'");
        assertThat(usage(where, "--rows", "--by", "model").ended(2).err()).contains("one at a time");
    }

    private static JsonNode awaitCalls(int calls, String... where) {
        await().untilAsserted(() -> assertThat(usage(where, "-o", "json")
                        .done()
                        .json()
                        .path("total")
                        .path("calls")
                        .asInt())
                .isEqualTo(calls));
        return usage(where, "-o", "json").done().json();
    }

    private static Cli.Result usage(String[] where, String... more) {
        var words = new java.util.ArrayList<String>();
        words.add("usage");
        words.addAll(java.util.List.of(where));
        words.addAll(java.util.List.of(more));
        return pilot(words.toArray(String[]::new));
    }

    @Test
    void anAgentIsPausedAndResumedByWhoHasSeenThePause() {
        assertThat(ask(server.key(), "chat", "x-pilothouse-agent", "crawler")).isEqualTo(200);
        pilot("agents", "pause", "crawler", "--reason", "loops").done();
        await().untilAsserted(() -> assertThat(ask(server.key(), "chat", "x-pilothouse-agent", "crawler"))
                .isNotEqualTo(200));
        assertThat(pilot("agents", "list").done().out()).containsPattern("crawler +paused .*loops");
        assertThat(pilot("agents", "show", "crawler").done().out())
                .contains("crawler  paused")
                .containsPattern("chat|sim-mini")
                .containsPattern("1 .*loops +still paused");
        assertThat(pilot("agents", "resume", "crawler", "--reason", "mended")
                        .ended(2)
                        .err())
                .contains("loops", "pilot agents show crawler", "--confirm 1");
        assertThat(pilot("agents", "resume", "crawler", "--reason", "mended", "--confirm", "7")
                        .ended(1)
                        .err())
                .contains("request id");
        pilot("agents", "resume", "crawler", "--reason", "mended", "--confirm", "1")
                .done();
        await().untilAsserted(() -> assertThat(ask(server.key(), "chat", "x-pilothouse-agent", "crawler"))
                .isEqualTo(200));
        assertThat(pilot("agents", "show", "crawler").done().out()).contains("mended");
        assertThat(pilot("agents", "resume", "crawler", "--reason", "again")
                        .ended(1)
                        .err())
                .contains("not paused");
    }

    @Test
    void aProxyOfLiteLlmIsTakenOverOnceAndWhatFailsIsTold() throws IOException {
        Path config = Files.writeString(folder.resolve("config.yaml"), """
                model_list:
                  - model_name: taken
                    litellm_params: {model: hosted_vllm/sim-mini, api_base: %s/v1, input_cost_per_token: 1e-7, output_cost_per_token: 4e-7}
                  - model_name: lost
                    litellm_params: {model: hosted_vllm/m, api_base: "http://somebody@127.0.0.1:9/v1"}
                """.formatted(simulator.address()));
        Path keys = Files.writeString(folder.resolve("keys.json"), """
                {"keys": [{"token": "88dc28", "key_alias": "batch", "team_id": "t1", "max_budget": 0.5, "budget_duration": "7d"}]}
                """);
        String[] takeover = {
            "import", "litellm", config.toString(), "--keys", keys.toString(), "--issue-keys", "-o", "json"
        };
        Cli.Result dry = pilot(with(takeover, "--dry-run")).done();
        assertThat(states(dry)).containsEntry("key batch", "made").containsEntry("alias taken", "made");
        assertThat(pilot("aliases", "list").done().out()).doesNotContain("taken");

        Cli.Result first = pilot(takeover).ended(1);
        assertThat(states(first))
                .containsEntry("provider hosted-vllm", "made")
                .containsEntry("provider hosted-vllm-2", "failed")
                .containsEntry("alias lost", "failed")
                .containsEntry("alias taken", "made")
                .containsEntry("budget key-batch", "made");
        assertThat(first.err()).contains("2 of ", "run it again");
        String key = first.json().path("keys").path(0).path("key").asString();
        assertThat(ask(key, "taken")).isEqualTo(200);
        await().untilAsserted(() -> assertThat(
                        pilot("budget", "show", "key-batch").done().out())
                .containsPattern("batch of litellm")
                .containsPattern("spent +0.00000\\d+ USD"));

        Cli.Result second = pilot(takeover).ended(1);
        assertThat(second.json().path("keys")).isEmpty();
        assertThat(states(second).values()).containsOnly("there", "failed");
        assertThat(pilot("import", "litellm", keys.toString() + "x").ended(1).err())
                .contains("is not there");
        Files.writeString(config, "model_list:\n  - a: [\n");
        assertThat(pilot(takeover).ended(2).err()).contains("config.yaml:3:1");
        pilot("aliases", "remove", "taken").done();
        pilot("providers", "remove", "hosted-vllm").done();
        pilot("budget", "remove", "key-batch", "--confirm", "key-batch").done();
    }

    private static String[] with(String[] words, String more) {
        String[] all = Arrays.copyOf(words, words.length + 1);
        all[words.length] = more;
        return all;
    }

    /** What became of each thing, by kind and name. */
    private static Map<String, String> states(Cli.Result takeover) {
        return takeover.json()
                .path("steps")
                .valueStream()
                .collect(Collectors.toMap(
                        step -> step.path("what").asString() + " "
                                + step.path("name").asString(),
                        step -> step.path("state").asString()));
    }
}
