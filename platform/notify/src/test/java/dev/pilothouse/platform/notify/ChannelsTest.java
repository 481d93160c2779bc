package dev.pilothouse.platform.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.platform.jobs.Jobs;
import dev.pilothouse.platform.jobs.JobsConfig;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.SmtpServer;
import dev.pilothouse.testkit.TestStore;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Slack and e-mail, as an endpoint that takes Slack's messages and a mail server hear them. */
class ChannelsTest {
    private static final NotifyConfig QUICK = new NotifyConfig(
            true, 3, Duration.ofMillis(10), Duration.ofMillis(20), Duration.ofSeconds(5), Duration.ofDays(1));

    @TempDir
    private Path folder;

    private final InstantSource clock = InstantSource.system();
    private final Map<String, String> secrets = new ConcurrentHashMap<>();
    private Store store;
    private Jobs jobs;

    @BeforeEach
    void open() {
        store = TestStore.sqlite(folder, Jobs.MIGRATIONS, Notifications.MIGRATIONS);
        var config = new JobsConfig(
                4, Duration.ofSeconds(30), Duration.ofMillis(50), Duration.ofSeconds(5), Duration.ofDays(1));
        jobs = new Jobs(store, clock, Ids.secure(clock), new Random(1), config);
    }

    @AfterEach
    void close() {
        jobs.close();
        store.close();
    }

    private Notifications with(Optional<MailConfig> mail) {
        var notifications = new Notifications(
                store,
                jobs,
                (tenant, url) -> Digest.of(tenant + " " + url).bytes(),
                (tenant, scope, name) -> Optional.ofNullable(secrets.get(tenant + "/" + scope + "/" + name)),
                QUICK,
                mail,
                clock);
        jobs.start();
        return notifications;
    }

    private static News news() {
        var facts = new LinkedHashMap<String, String>();
        facts.put("Service", "fraud@staging");
        facts.put("Candidate", "card-fraud/3 <b>");
        return new News(
                "release.rolled-back",
                "service/fraud@staging",
                "fraud@staging: rolled back\r\nBcc: all@example.com",
                "Rolled back at 5 % after 4,212 requests: 3.1 % errors & <@channel>.",
                facts,
                Json.object());
    }

    private Delivery send(Notifications by, Channel to, Delivery.State until) {
        String id = store.writeAndWait(tx -> by.send(tx, "acme", to, news()));
        return Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> by.find("acme", id).orElseThrow(), delivery -> delivery.state() == until);
    }

    private MailConfig mail(SmtpServer server, MailConfig.Security security, String password) {
        return new MailConfig(
                "localhost",
                server.port(),
                security,
                "pilot",
                password,
                "Pilothouse <pilot@example.com>",
                Optional.of(server.certificate()));
    }

    @Test
    void slackIsGivenBlocksAndAPlainTextWithWhatItReservesEscaped() throws Exception {
        try (var receiver = new Receiver(_ -> 200, new byte[0]);
                var notifications = with(Optional.empty())) {
            send(notifications, new Channel.Slack(receiver.url()), Delivery.State.DELIVERED);
            Receiver.Message message = receiver.received.getFirst();
            assertThat(message.headers())
                    .containsEntry("content-type", "application/json")
                    .doesNotContainKey("webhook-signature");
            var body = Json.parse(message.body());
            assertThat(body.path("text").asString())
                    .startsWith("fraud@staging: rolled back")
                    .contains("errors &amp; &lt;@channel&gt;.");
            assertThat(body.path("blocks")).hasSize(3);
            assertThat(body.at("/blocks/0/type").asString()).isEqualTo("header");
            assertThat(body.at("/blocks/0/text/text").asString())
                    .isEqualTo("fraud@staging: rolled back Bcc: all@example.com");
            assertThat(body.at("/blocks/1/text/text").asString()).contains("3.1 % errors &amp; &lt;@channel&gt;");
            assertThat(body.at("/blocks/2/fields/1/text").asString()).isEqualTo("*Candidate*\ncard-fraud/3 &lt;b&gt;");
        }
    }

    @Test
    void slacksAddressMayBeASecretThatIsSetLater() throws Exception {
        try (var receiver = new Receiver(_ -> 200, new byte[0]);
                var notifications = with(Optional.empty())) {
            var channel = new Channel.StoredSlack("staging", "slack-webhook");
            Delivery dead = send(notifications, channel, Delivery.State.DEAD);
            assertThat(dead.attempts()).isEqualTo(3);
            assertThat(dead.outcome()).contains("'slack-webhook' of the environment 'staging'", "pilot secrets set");
            secrets.put("acme/staging/slack-webhook", "s3cret-but-no-address");
            assertThat(send(notifications, channel, Delivery.State.DEAD).outcome())
                    .contains("holds no address")
                    .doesNotContain("s3cret");
            assertThat(store.<List<Delivery>>read(
                            tx -> Notifications.troubles(tx, "acme", "service/fraud@staging", 10)))
                    .hasSize(2);
            secrets.put("acme/staging/slack-webhook", receiver.url().toString());
            notifications.sendAgain("acme", dead.id());
            Awaitility.await().until(() -> receiver.received.size() == 1);
            Awaitility.await()
                    .untilAsserted(() -> assertThat(store.<List<Delivery>>read(
                                    tx -> Notifications.troubles(tx, "acme", "service/fraud@staging", 10)))
                            .hasSize(1));
        }
        var delivery = new Channel.Slack(URI.create("https://hooks.slack.com/services/T0/B0/key"));
        assertThat(delivery.address()).hasToString("https://hooks.slack.com/services/T0/B0/key");
    }

    @Test
    void mailGoesOverStartTlsWithALoginAsTextAndHtml() throws Exception {
        try (var server = new SmtpServer(folder, false, true);
                var notifications = with(Optional.of(mail(server, MailConfig.Security.STARTTLS, "right")))) {
            Delivery sent = send(
                    notifications,
                    new Channel.Email(List.of("a@example.com", "b@example.com")),
                    Delivery.State.DELIVERED);
            assertThat(sent.outcome()).contains("a@example.com, b@example.com");
            SmtpServer.Mail mail = server.received().getFirst();
            assertThat(mail.secure()).isTrue();
            assertThat(mail.user()).isEqualTo("pilot");
            assertThat(mail.to()).containsExactly("a@example.com", "b@example.com");
            assertThat(mail.content().replace("=\n", "").replace("=3D", "="))
                    .contains("From: Pilothouse <pilot@example.com>")
                    .contains("Message-ID: <" + sent.id() + "@pilothouse>")
                    .contains("Subject: fraud@staging: rolled back Bcc: all@example.com")
                    .doesNotContain("\nBcc:")
                    .contains("multipart/alternative", "text/plain", "text/html")
                    .contains("Rolled back at 5 % after 4,212 requests")
                    .contains("Candidate: card-fraud/3 <b>")
                    .contains("card-fraud/3 &lt;b&gt;");
        }
    }

    @Test
    void mailGoesOverTlsAndARefusedAddressDoesNotKeepItFromTheOthers() throws Exception {
        try (var server = new SmtpServer(folder, true, false);
                var notifications = with(Optional.of(mail(server, MailConfig.Security.TLS, "right")))) {
            Delivery sent = send(
                    notifications,
                    new Channel.Email(List.of("a@example.com", "nobody@example.com")),
                    Delivery.State.DELIVERED);
            assertThat(sent.outcome()).contains("Sent to a@example.com", "refused nobody@example.com with 550");
            Delivery dead = send(notifications, new Channel.Email(List.of("nobody@example.com")), Delivery.State.DEAD);
            assertThat(dead.attempts()).isEqualTo(1);
            assertThat(server.received()).hasSize(1);
        }
    }

    @Test
    void mailThatCannotBeSentSaysWhy() throws Exception {
        var to = new Channel.Email(List.of("a@example.com"));
        try (var server = new SmtpServer(folder, false, true);
                var notifications = with(Optional.of(mail(server, MailConfig.Security.STARTTLS, "wrong")))) {
            assertThat(send(notifications, to, Delivery.State.DEAD).outcome())
                    .contains("did not accept mail.user and mail.password");
            assertThat(server.received()).isEmpty();
        }
    }

    @Test
    void mailNeverGoesInTheClearWhereTlsIsAskedFor() throws Exception {
        var to = new Channel.Email(List.of("a@example.com"));
        try (var server = new SmtpServer(folder, false, false);
                var notifications = with(Optional.of(mail(server, MailConfig.Security.STARTTLS, "right")))) {
            assertThat(send(notifications, to, Delivery.State.DEAD).outcome()).contains("offers no STARTTLS");
            assertThat(server.received()).isEmpty();
        }
    }

    @Test
    void mailNeverGoesToAServerThatIsNotTrusted() throws Exception {
        var to = new Channel.Email(List.of("a@example.com"));
        try (var server = new SmtpServer(folder, false, true)) {
            var untrusted = new MailConfig(
                    "localhost",
                    server.port(),
                    MailConfig.Security.STARTTLS,
                    "pilot",
                    "right",
                    "pilot@example.com",
                    Optional.empty());
            assertThat(untrusted.toString()).doesNotContain("right");
            try (var notifications = with(Optional.of(untrusted))) {
                assertThat(send(notifications, to, Delivery.State.DEAD).outcome())
                        .contains("TLS certificate");
                assertThat(server.received()).isEmpty();
            }
        }
    }

    @Test
    void aServerWithoutMailSettingsSaysSoAtOnce() {
        try (var notifications = with(Optional.empty())) {
            Delivery dead = send(notifications, new Channel.Email(List.of("a@example.com")), Delivery.State.DEAD);
            assertThat(dead.attempts()).isEqualTo(1);
            assertThat(dead.outcome()).contains("mail.host");
        }
        assertThat(Notifications.isMailAddress("on.call+x@example.com")).isTrue();
        for (String bad :
                List.of("", "a", "a@", "@b", "a@b c", "a@b\r\nBcc: x@y", "a,b@c", "<a@b>", "a@-b", "a@b..c")) {
            assertThat(Notifications.isMailAddress(bad)).as(bad).isFalse();
        }
    }
}
