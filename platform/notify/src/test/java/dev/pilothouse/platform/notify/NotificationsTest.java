package dev.pilothouse.platform.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.jobs.Jobs;
import dev.pilothouse.platform.jobs.JobsConfig;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NotificationsTest {
    private static final NotifyConfig QUICK = new NotifyConfig(
            true, 3, Duration.ofMillis(10), Duration.ofMillis(20), Duration.ofSeconds(5), Duration.ofDays(1));

    @TempDir
    Path folder;

    private final InstantSource clock = InstantSource.system();
    private Store store;
    private Jobs jobs;
    private Notifications notifications;

    @BeforeEach
    void open() {
        store = TestStore.sqlite(folder, Jobs.MIGRATIONS, Notifications.MIGRATIONS);
        var config = new JobsConfig(
                4, Duration.ofSeconds(30), Duration.ofMillis(50), Duration.ofSeconds(5), Duration.ofDays(1));
        jobs = new Jobs(store, clock, Ids.secure(clock), new Random(1), config);
        notifications = with(QUICK);
        jobs.start();
    }

    @AfterEach
    void close() {
        jobs.close();
        notifications.close();
        store.close();
    }

    @Test
    void aReceiverCanCheckTheSignatureWithItsSecret() throws Exception {
        try (var receiver = new Receiver(_ -> 200, new byte[0])) {
            String id = send(receiver.url());
            Delivery delivered = awaitState(id, Delivery.State.DELIVERED);
            assertThat(delivered.attempts()).isEqualTo(1);
            Receiver.Message message = receiver.received.getFirst();
            assertThat(message.headers())
                    .containsEntry("webhook-id", id)
                    .containsEntry("content-type", "application/json");
            var at = Instant.ofEpochSecond(Long.parseLong(message.headers().get("webhook-timestamp")));
            assertThat(at).isBetween(clock.instant().minusSeconds(60), clock.instant());
            byte[] secret = Base64.getDecoder()
                    .decode(notifications.secretText("acme", receiver.url()).substring("whsec_".length()));
            assertThat(message.headers().get("webhook-signature"))
                    .isEqualTo(WebhookSignature.of(secret, id, at, message.body()));
            var body = Json.parseObject(message.body().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            assertThat(body.path("type").asString()).isEqualTo("rollout.aborted");
            assertThat(body.path("data").path("service").asString()).isEqualTo("fraud");
        }
    }

    @Test
    void theSignatureIsThatOfTheSpecificationsExample() {
        byte[] secret = Base64.getDecoder().decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assertThat(WebhookSignature.of(
                        secret,
                        "msg_p5jXN8AQM9LWM0D4loKWxJek",
                        Instant.ofEpochSecond(1_614_265_330),
                        "{\"test\": 2432232314}"))
                .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    @Test
    void aFailingReceiverIsTriedAgainWithTheSameIdUntilItTakesIt() throws Exception {
        try (var receiver = new Receiver(call -> call < 3 ? 503 : 204, new byte[0])) {
            String id = send(receiver.url());
            assertThat(awaitState(id, Delivery.State.DELIVERED).attempts()).isEqualTo(3);
            assertThat(receiver.received)
                    .extracting(m -> m.headers().get("webhook-id"))
                    .containsOnly(id);
            assertThat(receiver.received)
                    .extracting(Receiver.Message::body)
                    .hasSize(3)
                    .containsOnly(receiver.received.getFirst().body());
        }
    }

    @Test
    void whatIsNeverTakenIsDeadAndCanBeSentAgain() throws Exception {
        try (var receiver = new Receiver(call -> call <= 3 ? 500 : 200, new byte[0])) {
            String id = send(receiver.url());
            Delivery dead = awaitState(id, Delivery.State.DEAD);
            assertThat(dead.outcome()).isEqualTo("The receiver answered 500.");
            assertThat(notifications.list("acme", Optional.of(Delivery.State.DEAD), "", 10))
                    .hasSize(1);
            assertThat(notifications.list("bolt", Optional.empty(), "", 10)).isEmpty();
            notifications.sendAgain("acme", id);
            awaitState(id, Delivery.State.DELIVERED);
            assertThatThrownBy(() -> notifications.sendAgain("acme", id))
                    .isInstanceOfSatisfying(
                            PilothouseException.class, e -> assertThat(e.code()).isEqualTo(NotifyError.NOT_DEAD));
        }
    }

    @Test
    void redirectsAreNotFollowedAndGoneIsBelieved() throws Exception {
        try (var receiver = new Receiver(_ -> 302, new byte[0])) {
            assertThat(awaitState(send(receiver.url()), Delivery.State.DEAD).outcome())
                    .contains("redirect");
            assertThat(receiver.received).hasSize(3);
        }
        try (var receiver = new Receiver(_ -> 410, new byte[0])) {
            assertThat(awaitState(send(receiver.url()), Delivery.State.DEAD).attempts())
                    .isEqualTo(1);
        }
    }

    @Test
    void anEndlessAnswerIsCutOff() throws Exception {
        try (var receiver = new Receiver(_ -> 200, new byte[1 << 20])) {
            assertThat(awaitState(send(receiver.url()), Delivery.State.DEAD).outcome())
                    .contains("longer than");
        }
    }

    @Test
    void aNotificationOfARolledBackTransactionIsNotSent() throws Exception {
        try (var receiver = new Receiver(_ -> 200, new byte[0])) {
            assertThatThrownBy(() -> store.writeAndWait(tx -> {
                notifications.send(tx, "acme", new Channel.Webhook(receiver.url()), news());
                throw new IllegalStateException("rolled back");
            }));
            String id = send(receiver.url());
            awaitState(id, Delivery.State.DELIVERED);
            assertThat(receiver.received).hasSize(1);
        }
    }

    @Test
    void addressesThatOnlyThisMachineMayReachAreRefused() throws Exception {
        var guard = new AddressGuard(false);
        for (String host : new String[] {
            "127.0.0.1",
            "[::1]",
            "localhost",
            "169.254.169.254",
            "[fe80::1]",
            "0.0.0.0",
            "[::]",
            "224.0.0.1",
            "[fd00:ec2::254]",
            "100.100.100.200",
            "[::ffff:169.254.169.254]",
            "[64:ff9b::a9fe:a9fe]",
            "0.1.2.3"
        }) {
            assertThatThrownBy(() -> guard.check(URI.create("http://" + host + "/x")))
                    .as(host)
                    .isInstanceOfSatisfying(
                            PilothouseException.class,
                            e -> assertThat(e.code()).isEqualTo(NotifyError.ADDRESS_REFUSED));
        }
        guard.check(URI.create("http://10.1.2.3/x"));
        guard.check(URI.create("http://192.168.1.2:8080/x"));
        new AddressGuard(true).check(URI.create("http://127.0.0.1/x"));
        var strict = AddressGuard.ofPublic(Set.of("guards.internal", "127.0.0.1"));
        for (String host : new String[] {
            "10.1.2.3",
            "192.168.1.2",
            "172.16.0.1",
            "100.64.0.1",
            "198.18.0.1",
            "[fd12::1]",
            "[2002:a00:1::]",
            "[::1]",
            "127.0.0.2",
            "169.254.169.254",
            "255.255.255.255"
        }) {
            assertThatThrownBy(() -> strict.check(URI.create("https://" + host + "/x")))
                    .as(host)
                    .isInstanceOf(PilothouseException.class);
        }
        strict.check(URI.create("http://127.0.0.1/x"));
        strict.check(URI.create("https://93.184.215.14/x"));
        assertThat(strict.parsePublic("http://guards.internal:8080/x").getPort())
                .isEqualTo(8080);
        assertThatThrownBy(() -> strict.parsePublic("http://example.org/x")).hasMessageContaining("TLS");
        for (String url :
                new String[] {"", "ftp://host/x", "file:///etc/passwd", "http://u:p@host/", "http:///x", "host/x"}) {
            assertThatThrownBy(() -> Notifications.parse(url)).as(url).isInstanceOf(PilothouseException.class);
        }
    }

    @Test
    void aRefusedAddressIsDeadAtOnce() {
        String id = send(URI.create("http://169.254.169.254/latest/meta-data"));
        Delivery dead = awaitState(id, Delivery.State.DEAD);
        assertThat(dead.attempts()).isEqualTo(1);
        assertThat(dead.outcome()).contains("metadata");
    }

    private Notifications with(NotifyConfig config) {
        return new Notifications(
                store,
                jobs,
                (tenant, url) -> Digest.of(tenant + " " + url).bytes(),
                StoredAddresses.none(),
                config,
                Optional.empty(),
                clock);
    }

    private String send(URI url) {
        return store.writeAndWait(tx -> notifications.send(tx, "acme", new Channel.Webhook(url), news()));
    }

    private static News news() {
        return new News(
                "rollout.aborted",
                "service/fraud",
                "fraud: aborted",
                "Aborted by Ada.",
                Map.of(),
                Json.object().put("service", "fraud"));
    }

    private Delivery awaitState(String id, Delivery.State state) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> notifications.find("acme", id).orElseThrow(), delivery -> delivery.state() == state);
    }
}
