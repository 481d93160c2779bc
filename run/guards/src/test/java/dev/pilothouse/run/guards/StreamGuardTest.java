package dev.pilothouse.run.guards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.platform.json.Json;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class StreamGuardTest {
    private static final String LONG = "Ask anna@example.org or +49 30 12345678 about 4111 1111 1111 1111, IBAN"
            + " GB82 WEST 1234 5698 7654 32 and order 12345. The password is Tr0ub4dor3x, mind you. See"
            + " [EMAIL_1] and [x] {\"k\": \"v\"}; -----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw"
            + "ggSjAgEAAoIBAQ\n-----END PRIVATE KEY----- done 10.1.2.3 and ghp_short. Bye bo@example.org";

    private static GuardedCall call(String policy) {
        var guard = new Guard(
                "acme", GuardDeclarations.policy("g", Json.parse(policy), URI::create), "", new SimpleMeterRegistry());
        var call = new GuardedCall(List.of(guard), RateLimits.Rates.NONE, null, "", "", "");
        call.request("{\"input\": \"I am zoe@example.org\"}".getBytes(StandardCharsets.UTF_8));
        return call;
    }

    private static StreamGuard guard(GuardedCall call) {
        return Objects.requireNonNull(call.stream(), "this policy looks at answers");
    }

    private static final String ALL = "{\"input\": {\"personalData\": \"redact\", \"restore\": true}, \"output\":"
            + " {\"secrets\": \"redact\", \"personalData\": \"redact\", \"deny\": [\"walrus hunting\"]}}";

    /** As {@link #ALL}, with a guard that others run and that allows all it is asked about. */
    private static final String ALL_IN_WINDOWS = ALL.substring(0, ALL.length() - 1)
            + ", \"webhook\": {\"url\": \"https://x.example/check\", \"when\": \"answer\", \"windowCharacters\": 50}}";

    private static final CompletableFuture<?> DONE = CompletableFuture.completedFuture(null);

    private static String chat(int choice, String text, String more) {
        return "data: {\"choices\":[{\"index\":" + choice + ",\"delta\":{\"content\":" + JsonTexts.quoted(text) + "}"
                + more + "}]}\n\n";
    }

    private static void feed(StreamGuard guard, String event, ByteArrayOutputStream out) {
        byte[] bytes = event.getBytes(StandardCharsets.UTF_8);
        guard.event(bytes, 0, bytes.length, out);
    }

    private static List<JsonNode> events(ByteArrayOutputStream out) {
        var events = new ArrayList<JsonNode>();
        for (String event : out.toString(StandardCharsets.UTF_8).split("\n\n", -1)) {
            int data = event.indexOf("data: {");
            if (data >= 0) {
                events.add(Json.parse(event.substring(data + 6)));
            }
        }
        return events;
    }

    private static String written(ByteArrayOutputStream out, int choice) {
        var text = new StringBuilder();
        for (JsonNode event : events(out)) {
            JsonNode said = event.path("choices").path(0);
            if (said.path("index").asInt(-1) == choice) {
                text.append(said.path("delta").path("content").asString(""));
            }
        }
        return text.toString();
    }

    private static String whole() {
        byte[] answer = ("{\"choices\":[{\"message\":{\"content\":" + JsonTexts.quoted(LONG) + "}}]}")
                .getBytes(StandardCharsets.UTF_8);
        return Json.parse(call(ALL).answer(answer))
                .at("/choices/0/message/content")
                .asString();
    }

    @Test
    void aStreamCutAnywhereSaysWhatTheWholeSays() {
        String whole = whole();
        assertThat(whole)
                .contains(
                        "zoe@example.org",
                        "[PAYMENT_CARD_1]",
                        "[IBAN_1]",
                        "[PRIVATE_KEY_1]",
                        "[PHONE_1]",
                        "order 12345")
                .doesNotContain("anna@", "Tr0ub4dor", "MIIE");
        for (long seed = 1; seed <= 300; seed++) {
            var random = new SplittableRandom(seed);
            StreamGuard guard = guard(call(random.nextBoolean() ? ALL : ALL_IN_WINDOWS));
            var out = new ByteArrayOutputStream();
            boolean two = random.nextBoolean();
            int most = 1 + random.nextInt(20);
            feed(guard, chat(0, "", ""), out);
            for (int at = 0; at < LONG.length(); ) {
                int to = Math.min(LONG.length(), at + 1 + random.nextInt(most));
                feed(guard, chat(0, LONG.substring(at, to), ""), out);
                if (two) {
                    feed(guard, chat(1, LONG.substring(at, to), ""), out);
                }
                at = to;
                Objects.requireNonNullElse(guard.window(), DONE).join();
            }
            feed(guard, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n", out);
            feed(guard, "data: [DONE]\n\n", out);
            guard.end(Runnable::run).join();
            assertThat(written(out, 0)).as("seed " + seed).isEqualTo(whole);
            assertThat(written(out, 1)).as("seed " + seed).isEqualTo(two ? whole : "");
            assertThat(out.toString(StandardCharsets.UTF_8)).endsWith("data: [DONE]\n\n");
        }
    }

    @Test
    void everyEventGoesOnAndPlainTextIsNotKeptBack() {
        StreamGuard guard = guard(call("{\"output\": {\"personalData\": \"redact\"}}"));
        var out = new ByteArrayOutputStream();
        for (String word : List.of("The ", "quick ", "brown ", "fox ")) {
            feed(guard, chat(0, word, ""), out);
        }
        assertThat(written(out, 0)).startsWith("The quick ");
        feed(guard, chat(0, "jumps.", ",\"finish_reason\":\"stop\""), out);
        assertThat(written(out, 0)).isEqualTo("The quick brown fox jumps.");
        assertThat(events(out)).hasSize(5);
    }

    @Test
    void windowsGrowSoThatALongStreamHasSomeHundredOfThem() {
        StreamGuard guard = guard(call(ALL_IN_WINDOWS));
        var out = new ByteArrayOutputStream();
        String word = "fifty characters that mean nothing in particular. ";
        int windows = 0;
        for (int i = 0; i < 6_000; i++) {
            feed(guard, chat(0, word, ""), out);
            windows += guard.window() == null ? 0 : 1;
        }
        feed(guard, "data: [DONE]\n\n", out);
        guard.end(Runnable::run).join();
        assertThat(windows).isBetween(100, 300);
        assertThat(written(out, 0)).isEqualTo(word.repeat(6_000));
        assertThat(out.toString(StandardCharsets.UTF_8)).endsWith("data: [DONE]\n\n");
    }

    @Test
    void whatCannotBeReadDoesNotGoOn() {
        StreamGuard guard = guard(call(ALL));
        var out = new ByteArrayOutputStream();
        feed(guard, ": AKIAIOSFODNN7EXAMPLE\n\n", out);
        feed(guard, "data: AKIAIOSFODNN7EXAMPLE\n\n", out);
        feed(guard, "data: {\"choices\":[]} AKIAIOSFODNN7EXAMPLE\n\n", out);
        feed(guard, chat(0, "hello ", ",\"finish_reason\":\"stop\""), out);
        assertThat(out.toString(StandardCharsets.UTF_8)).doesNotContain("AKIA").startsWith(":\n\n");
        assertThat(written(out, 0)).isEqualTo("hello ");
        assertThatThrownBy(() -> call(ALL).answer("{\"id\": 1} AKIA".getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining("one JSON object");
    }

    @Test
    void eventsOfAnthropicAndToolCallsAreReadToo() {
        StreamGuard guard = guard(call(ALL));
        var out = new ByteArrayOutputStream();
        String start =
                "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
                        + "{\"type\":\"text\",\"text\":\"\"}}\n\n";
        feed(guard, start, out);
        for (String piece : List.of("write bo@exam", "ple.o", "rg")) {
            feed(
                    guard,
                    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
                            + "{\"type\":\"text_delta\",\"text\":\"" + piece + "\"}}\n\n",
                    out);
        }
        feed(guard, "event: ping\ndata: {\"type\":\"ping\"}\n\n", out);
        feed(guard, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n", out);
        for (String piece : List.of("{\\\"to\\\": \\\"[EMA", "IL_1]\\\", \\\"cc\\\": \\\"bo@example.", "org\\\"}")) {
            feed(
                    guard,
                    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":"
                            + "{\"type\":\"input_json_delta\",\"partial_json\":\"" + piece + "\"}}\n\n",
                    out);
        }
        feed(guard, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", out);
        String text = out.toString(StandardCharsets.UTF_8);
        assertThat(text)
                .contains(start)
                .doesNotContain("exam\"", "bo@")
                .contains("[EMAIL_2]")
                .endsWith("message_stop\"}\n\n");
        var called = new StringBuilder();
        events(out)
                .forEach(event -> called.append(event.at("/delta/partial_json").asString("")));
        assertThat(called.toString()).isEqualTo("{\"to\": \"zoe@example.org\", \"cc\": \"[EMAIL_2]\"}");
    }

    @Test
    void aBlockedStreamSaysNothingOfWhatWasFound() {
        StreamGuard guard = guard(call(ALL));
        var out = new ByteArrayOutputStream();
        feed(guard, chat(0, "We like Walrus hun", ""), out);
        assertThatThrownBy(() -> {
                    feed(guard, chat(0, "ting, yes. ", ""), out);
                    feed(guard, "data: [DONE]\n\n", out);
                })
                .hasMessageContaining("denied");
        assertThat(written(out, 0)).doesNotContain("hun");
    }
}
