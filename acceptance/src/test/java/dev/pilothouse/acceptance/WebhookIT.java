package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.testkit.OnnxBytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What another system hears of a release, as its receiver checks it: Standard Webhooks, signature and retries. */
class WebhookIT {
    private record Heard(String id, String timestamp, String signature, String body) {
        String type() {
            return Json.parse(body).path("type").asString();
        }
    }

    @TempDir
    private Path files;

    @Test
    void aReceiverHearsOfAPromotionSignedThoughItFailedAtFirst() throws IOException, GeneralSecurityException {
        var heard = new CopyOnWriteArrayList<Heard>();
        HttpServer receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/hook", exchange -> {
            var headers = exchange.getRequestHeaders();
            heard.add(new Heard(
                    headers.getFirst("webhook-id"),
                    headers.getFirst("webhook-timestamp"),
                    headers.getFirst("webhook-signature"),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
            exchange.sendResponseHeaders(heard.size() == 1 ? 503 : 204, -1);
            exchange.close();
        });
        receiver.start();
        try (var server = PackagedServer.start("--notify.loopback=true")) {
            String url = "http://127.0.0.1:" + receiver.getAddress().getPort() + "/hook";
            Client client = server.client();
            client.addModel("told", OnnxBytes.table(1, 2, 3));
            Path file = Files.writeString(
                    files.resolve("told.yaml"), ReleaseIT.service("told", "notify:\n  webhook: " + url + "\n"));
            server.cli().pilot("apply", "-f", file.toString()).done();
            server.cli().pilot("release", "told", "--watch").done();

            await().atMost(Duration.ofMinutes(1)).until(() -> heard.size() >= 2);
            assertThat(heard).extracting(Heard::type).containsOnly("release.promoted");
            assertThat(List.of(heard.get(0).id(), heard.get(1).id()))
                    .as("a retry is the same message")
                    .containsOnly(heard.getFirst().id());
            Heard delivered = heard.get(1);
            assertThat(Json.parse(delivered.body())
                            .path("data")
                            .path("sentence")
                            .asString())
                    .contains("told/1", "in production");
            String secret = client.get("/api/v1/webhooks/secret?url=" + URLEncoder.encode(url, StandardCharsets.UTF_8))
                    .expect(200)
                    .json()
                    .path("secret")
                    .asString();
            assertThat(delivered.signature()).isEqualTo(signature(secret, delivered));
        } finally {
            receiver.stop(0);
        }
    }

    /** As a receiver computes it, from the specification. */
    private static String signature(String secret, Heard message) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Base64.getDecoder().decode(secret.replaceFirst("^whsec_", "")), "HmacSHA256"));
        byte[] signed = mac.doFinal(
                (message.id() + "." + message.timestamp() + "." + message.body()).getBytes(StandardCharsets.UTF_8));
        return "v1," + Base64.getEncoder().encodeToString(signed);
    }
}
