package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.testkit.OnnxBytes;
import dev.pilothouse.testkit.SmtpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people hear of a release: Slack, as an endpoint that takes its messages hears it, and e-mail, as a mail server does. */
class NotifyIT {
    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir
    private Path files;

    @Test
    void thePageAboutNotificationsDoesWhatItSays() throws Exception {
        HowTo page = HowTo.page("get-notified.md");
        var heard = new CopyOnWriteArrayList<String>();
        HttpServer slack = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        slack.createContext("/services/T0/B0/key", exchange -> {
            heard.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] ok = "ok".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, ok.length);
            exchange.getResponseBody().write(ok);
            exchange.close();
        });
        slack.start();
        try (var mail = new SmtpServer(files, false, true);
                var server = PackagedServer.start(
                        "--notify.loopback=true",
                        "--mail.host=localhost",
                        "--mail.port=" + mail.port(),
                        "--mail.user=pilot",
                        "--mail.password=right",
                        "--mail.from=pilothouse@example.com",
                        "--mail.certificates=" + mail.certificate())) {
            Client client = server.client();
            client.addModel("told", OnnxBytes.table(1, 2, 3));
            Files.writeString(
                    files.resolve("slack-address.txt"),
                    "http://127.0.0.1:" + slack.getAddress().getPort() + "/services/T0/B0/key\n");
            // As on the page, but told of a promotion too, and with nobody at the webhook's address.
            String notify = page.blocks("yaml")
                    .getFirst()
                    .replace("on: [rolled-back, paused, awaiting-approval]", "on: [promoted]")
                    .replace("on: [rolled-back, rejected]", "on: [promoted, rejected]")
                    .replace("https://hooks.example.com/pilothouse", "http://127.0.0.1:9/pilothouse");
            Files.writeString(files.resolve("pilothouse.yaml"), ReleaseIT.service("told", notify));
            var out = new ArrayList<String>();
            for (int block = 0; block < page.blocks("sh").size(); block++) {
                for (String[] command : page.pilot(block)) {
                    out.add(run(server.cli(), command));
                }
            }

            await().atMost(LONG)
                    .until(() -> heard.size() == 1 && mail.received().size() == 1);
            var message = Json.parse(heard.getFirst());
            assertThat(message.path("text").asString()).contains("told: release 1 promoted");
            assertThat(message.at("/blocks/0/type").asString()).isEqualTo("header");
            SmtpServer.Mail sent = mail.received().getFirst();
            assertThat(sent.secure()).isTrue();
            assertThat(sent.to()).containsExactly("oncall@example.com", "lead@example.com");
            assertThat(sent.content()).contains("Subject: told: release 1 promoted", "told/1", "in production");

            await().atMost(LONG)
                    .untilAsserted(() -> assertThat(
                                    server.cli().pilot("status", "told").done().out())
                            .contains("not told: release.promoted to http://127.0.0.1:9/pilothouse", "pending"));
            String all = server.cli().pilot("notifications").done().out();
            assertThat(all).contains("slack", "email", "webhook", "delivered").doesNotContain("B0/key");
            assertThat(all + out).doesNotContain("right");
            assertThat(client.get("/api/v1/webhooks/deliveries").expect(200).text())
                    .doesNotContain("B0/key");
        } finally {
            slack.stop(0);
        }
    }

    private String run(Cli cli, String[] command) {
        String[] words = List.of(command).stream()
                .map(word -> word.endsWith(".txt") || word.endsWith(".yaml")
                        ? files.resolve(word).toString()
                        : word)
                .toArray(String[]::new);
        return cli.pilot(words).done().out();
    }
}
