package dev.pilothouse.platform.notify;

import java.net.URI;
import java.util.List;
import java.util.Locale;

/** Where a message goes, and in which form. */
public sealed interface Channel {
    /** A signed webhook. */
    record Webhook(URI url) implements Channel {}

    /** An incoming webhook of Slack, or of what takes the same messages. */
    record Slack(URI url) implements Channel {}

    /**
     * The same, its address kept by somebody else until the moment of sending.
     *
     * @param scope where to look, such as an environment; may be empty
     * @param name name of the secret
     */
    record StoredSlack(String scope, String name) implements Channel {}

    /** E-mail, one message to all. */
    record Email(List<String> to) implements Channel {
        public Email {
            to = List.copyOf(to);
        }
    }

    /** Forms of messages. */
    enum Form {
        WEBHOOK,
        SLACK,
        EMAIL;

        /** The name in answers and in the database. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The form of its messages. */
    default Form form() {
        return switch (this) {
            case Webhook _ -> Form.WEBHOOK;
            case Slack _, StoredSlack _ -> Form.SLACK;
            case Email _ -> Form.EMAIL;
        };
    }

    /** The address as it is stored: a URL, {@code secret:scope/name}, or {@code mailto:} with the addresses. */
    default URI address() {
        return switch (this) {
            case Webhook webhook -> webhook.url();
            case Slack slack -> slack.url();
            case StoredSlack stored -> URI.create("secret:" + stored.scope() + "/" + stored.name());
            case Email email -> URI.create("mailto:" + String.join(",", email.to()));
        };
    }
}
