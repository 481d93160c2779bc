package dev.pilothouse.platform.notify;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes one attempt at a delivery, in the form of its channel. Thread-safe; blocks. */
final class Senders implements AutoCloseable {
    private final Posts posts;
    private final WebhookSecrets secrets;
    private final StoredAddresses stored;
    private final Optional<Mailer> mailer;

    Senders(NotifyConfig config, Optional<MailConfig> mail, WebhookSecrets secrets, StoredAddresses stored) {
        Duration timeout = config.timeout();
        this.posts = new Posts(new AddressGuard(config.allowLoopback()), timeout);
        this.secrets = secrets;
        this.stored = stored;
        this.mailer = mail.map(settings -> new Mailer(settings, timeout));
    }

    Attempt send(Delivery delivery, Instant now) throws InterruptedException {
        return switch (delivery.form()) {
            case WEBHOOK -> posts.post(delivery.url(), signed(delivery, now), delivery.body());
            case SLACK -> slack(delivery);
            case EMAIL ->
                mailer.isEmpty()
                        ? new Attempt.Refused("This server has no settings for mail; set mail.host and mail.from.")
                        : mailer.get().send(recipients(delivery), delivery.id(), now, Json.parse(delivery.body()));
        };
    }

    private Map<String, String> signed(Delivery delivery, Instant now) {
        byte[] secret = secrets.secret(delivery.tenant(), delivery.url());
        return Map.of(
                "webhook-id",
                delivery.id(),
                "webhook-timestamp",
                Long.toString(now.getEpochSecond()),
                "webhook-signature",
                WebhookSignature.of(secret, delivery.id(), now, delivery.body()));
    }

    private Attempt slack(Delivery delivery) throws InterruptedException {
        URI url = delivery.url();
        if ("secret".equals(url.getScheme())) {
            String[] parts = url.getSchemeSpecificPart().split("/", 2);
            Optional<String> address = stored.find(delivery.tenant(), parts[0], parts[1]);
            if (address.isEmpty()) {
                return new Attempt.Failed("The secret '" + parts[1] + "'"
                        + (parts[0].isEmpty() ? "" : " of the environment '" + parts[0] + "'")
                        + " with Slack's address is not set; set it with 'pilot secrets set'.");
            }
            try {
                url = AddressGuard.parse(address.get().strip());
            } catch (PilothouseException e) {
                // the refusal shows the address, which is secret here
                return new Attempt.Failed("The secret '" + parts[1] + "' holds no address that Slack gives out.");
            }
        }
        return posts.post(url, Map.of(), delivery.body());
    }

    private static List<String> recipients(Delivery delivery) {
        return Arrays.asList(delivery.url().getSchemeSpecificPart().split(","));
    }

    @Override
    public void close() {
        posts.close();
    }
}
