package dev.pilothouse.ship.spec;

import java.util.List;
import java.util.Set;

/**
 * Who is told of a service's releases.
 *
 * @param target where it goes
 * @param on kinds of events, of {@link #EVENTS}
 */
public record Notify(Target target, Set<String> on) {
    /** Everything that can be told. */
    public static final List<String> EVENTS =
            List.of("promoted", "rolled-back", "rejected", "aborted", "paused", "awaiting-approval");

    public Notify {
        on = Set.copyOf(on);
    }

    /** Where a notification goes. */
    public sealed interface Target {
        /** An address that takes signed webhooks. */
        record Webhook(String url) implements Target {}

        /** An incoming webhook of Slack, or of what speaks the same. */
        record Slack(String url) implements Target {}

        /** The same, its address kept as a secret of the environment. */
        record SlackSecret(String secret) implements Target {}

        /** E-mail addresses. */
        record Email(List<String> to) implements Target {
            public Email {
                to = List.copyOf(to);
            }
        }
    }
}
