package dev.pilothouse.run.guards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.guards.GuardPolicy.Webhook;
import dev.pilothouse.run.guards.WebhookClient.Said;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guards that others run: how they are declared, what they may say, and that none is waited for beyond its time. */
class WebhookTest {
    private static Said read(String answer) {
        return WebhookClient.read(answer.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aVerdictIsReadWithItsReplacements() {
        assertThat(
                        read(
                                "{\"action\": \"redact\", \"reason\": \" a\\nplan \", \"replacements\": [{\"id\": 3, \"text\": \"x\"}]}"))
                .isEqualTo(new Said.Verdict(WebhookClient.Word.REDACT, "a plan", Map.of(3, "x")));
        assertThat(read("{\"action\": \"block\", \"reason\": \"" + "r".repeat(900) + "\"}"))
                .isEqualTo(new Said.Verdict(WebhookClient.Word.BLOCK, "r".repeat(200), Map.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "{\"action\": 1}",
                "{\"action\": \"Allow\"}",
                "{\"action\": \"redact\", \"replacements\": [{\"text\": \"x\"}]}",
                "{\"action\": \"redact\", \"replacements\": [{\"id\": 1, \"text\": 2}]}"
            })
    void whatIsNoVerdictSaysNothing(String answer) {
        assertThat(read(answer)).isInstanceOf(Said.Nothing.class);
    }

    @Test
    void aWebhookIsDeclaredAsItIsTold() {
        String json =
                "{\"webhook\": {\"url\": \"https://x.example/check\", \"when\": \"answer\", \"timeoutMillis\": 250,"
                        + " \"onFailure\": \"open\", \"secret\": \"s\", \"windowCharacters\": 400}}";
        GuardPolicy policy = GuardDeclarations.policy("g", Json.parse(json), URI::create);
        assertThat(policy.webhook())
                .isEqualTo(new Webhook(
                        URI.create("https://x.example/check"), false, true, Duration.ofMillis(250), true, "s", 400));
        assertThat(GuardDeclarations.policy("g", GuardDeclarations.json(policy), URI::create))
                .isEqualTo(policy);
        for (String wrong : new String[] {
            json.replace("250", "9"),
            json.replace("answer", "never"),
            json.replace("open", "ajar"),
            json.replace("secret", "key")
        }) {
            assertThatThrownBy(() -> GuardDeclarations.policy("g", Json.parse(wrong), URI::create))
                    .as(wrong)
                    .hasMessageContaining("'");
        }
    }

    @Test
    void aSecretIsTextOrWhatReceiversLibrariesTake() {
        assertThat(WebhookClient.key("whsec_AQID")).containsExactly(1, 2, 3);
        assertThat(WebhookClient.key("whsec_?")).isEqualTo("whsec_?".getBytes(StandardCharsets.UTF_8));
    }

    /** Answers that never end, are too long, or lead elsewhere. */
    @ParameterizedTest
    @ValueSource(strings = {"drip", "long", "redirect", "error"})
    void noAnswerIsWaitedForOrFollowedOrReadWithoutEnd(String kind) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                var client = new WebhookClient(Set.of("127.0.0.1"), InstantSource.system())) {
            server.setExecutor(threads);
            server.createContext("/", exchange -> {
                byte[] allow = "{\"action\": \"allow\"}".getBytes(StandardCharsets.UTF_8);
                switch (kind) {
                    case "redirect" -> exchange.getResponseHeaders().set("location", "/elsewhere");
                    case "long" ->
                        allow = ("{\"action\": \"allow\"" + " ".repeat(3 << 20) + "}").getBytes(StandardCharsets.UTF_8);
                    default -> {}
                }
                int status = kind.equals("redirect") ? 307 : kind.equals("error") ? 500 : 200;
                exchange.sendResponseHeaders(status, kind.equals("drip") ? 1_000 : allow.length);
                exchange.getResponseBody().write(allow);
                exchange.getResponseBody().flush();
                if (!kind.equals("drip")) {
                    exchange.close();
                }
            });
            server.start();
            var webhook = new Webhook(
                    URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/check"),
                    true,
                    true,
                    Duration.ofSeconds(kind.equals("drip") ? 1 : 20),
                    false,
                    "",
                    0);
            assertThat(client.ask(webhook, "id", new byte[0], Json.object()).join())
                    .isInstanceOf(Said.Nothing.class);
        } finally {
            server.stop(0);
        }
    }
}
