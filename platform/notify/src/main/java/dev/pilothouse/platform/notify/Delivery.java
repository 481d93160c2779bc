package dev.pilothouse.platform.notify;

import java.net.URI;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * A notification and what became of it.
 *
 * @param tenant owner
 * @param id its id, also the {@code webhook-id} that the receiver can recognise repetitions by
 * @param form the form of its message
 * @param url where it goes; see {@link Channel#address}
 * @param type what happened, such as {@code rollout.aborted}
 * @param subject what it is about, such as {@code service/fraud}; may be empty
 * @param body the message: the exact text that is sent, or for e-mail its parts, as JSON
 * @param state where it stands
 * @param attempts how often it was tried
 * @param outcome what the last attempt ended with, as a sentence; empty before the first
 * @param createdAt when it was asked for
 * @param nextAt when it is tried again; empty once finished
 * @param finishedAt when it was delivered or given up
 */
public record Delivery(
        String tenant,
        String id,
        Channel.Form form,
        URI url,
        String type,
        String subject,
        String body,
        State state,
        int attempts,
        String outcome,
        Instant createdAt,
        Optional<Instant> nextAt,
        Optional<Instant> finishedAt) {

    /** Where it goes, for people: the address of Slack holds its key, so only the host is shown. */
    public String receiver() {
        return form == Channel.Form.SLACK && url.getHost() != null
                ? url.getScheme() + "://" + url.getHost()
                : url.toString();
    }

    /** Where a delivery stands. */
    public enum State {
        /** Waits for an attempt. */
        PENDING,
        /** The receiver answered with 2xx. */
        DELIVERED,
        /** Given up; kept until somebody sends it again or its time is over. */
        DEAD;

        /** The name in requests, answers and the database. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
