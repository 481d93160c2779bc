package dev.pilothouse.platform.edge;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Callable;

/**
 * Remembers the answers to mutations of our own API that carry an {@code Idempotency-Key}, so that a repeated request is
 * answered again and not done again (IETF draft-ietf-httpapi-idempotency-key-header). Thread-safe; called on virtual
 * threads, may block.
 */
public interface IdempotentReplies {
    /** The tables of {@link #stored}. */
    Migrations MIGRATIONS = new Migrations("edge");

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

        /** It was done, wholly or in part, but its answer is not known any more. */
        record Unknown() implements Claim {}
    }

    /** Looks a key up and, where it is fresh, marks it as running, in one step. */
    Claim claim(Key key, Digest body);

    /** Does the work of a request that was claimed as fresh. */
    Reply run(Key key, Callable<Reply> work) throws Exception;

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

    /** Encrypts what is kept: an answer may hold a key that is shown once. */
    interface Vault {
        /** Encrypts bytes for a purpose. */
        byte[] seal(byte[] bytes, String purpose);

        /** The bytes that were sealed for that purpose. */
        byte[] open(byte[] sealed, String purpose);
    }

    /**
     * Kept in a store, which was opened with {@link #MIGRATIONS}: known to every replica, and after a crash.
     *
     * @param clock tells when an answer is too old; the same for all replicas
     * @param keep how long an answer is kept
     * @param most how many of a tenant are kept, give or take a minute's; the oldest go first
     */
    static IdempotentReplies stored(
            Store store, Replica replica, Vault vault, InstantSource clock, Duration keep, int most) {
        return new StoredReplies(store, replica, vault, clock, keep, most);
    }
}
