package dev.pilothouse.platform.edge;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.http.Reply;
import java.time.Duration;
import java.time.InstantSource;

/**
 * Remembers the answers to mutations of our own API that carry an {@code Idempotency-Key}, so that a repeated request is
 * answered again and not done again (IETF draft-ietf-httpapi-idempotency-key-header). Thread-safe; called on virtual
 * threads, may block.
 */
public interface IdempotentReplies {
    /**
     * One use of a key.
     *
     * @param tenant whose key it is
     * @param principal who sent it
     * @param key the header's value
     * @param operation operation of the route, with its path, so that one key cannot answer another question
     */
    record Key(String tenant, String principal, String key, String operation) {}

    /** What a key turned out to be. */
    sealed interface Claim {
        /** Never seen: the caller must do the work and then call {@link #save} or {@link #forget}. */
        record Fresh() implements Claim {}

        /** The first request with it still runs. */
        record Running() implements Claim {}

        /** It was used with another body. */
        record OtherBody() implements Claim {}

        /** It was answered so. */
        record Answered(Reply reply) implements Claim {}
    }

    /** Looks a key up and, where it is fresh, marks it as running, in one step. */
    Claim claim(Key key, Digest body);

    /** Keeps the answer of a request that was claimed as fresh. */
    void save(Key key, Reply reply);

    /** Gives a key back whose request failed, so that it may be tried again. */
    void forget(Key key);

    /**
     * Kept in memory: forgotten when the server ends.
     *
     * @param clock tells when an answer is too old
     * @param keep how long an answer is kept
     * @param most how many are kept; the oldest go first
     */
    static IdempotentReplies inMemory(InstantSource clock, Duration keep, int most) {
        return new RecentReplies(clock, keep, most);
    }
}
