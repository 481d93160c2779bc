package dev.pilothouse.trust.transparency;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What checking a ledger found. */
public sealed interface Verification {
    /**
     * Everything fits: each entry hashes into the tree, the tree's root is the signed one, and every payload that was
     * there has the digest its entry names.
     *
     * @param head the signed head, to be kept for the next check
     * @param key public key that signed it, in text form; only a key that is known from elsewhere tells who that is
     * @param lastEntryAt time of the newest entry that could be read; empty in an empty ledger
     * @param payloads number of payloads that were checked
     * @param erased number of payloads that are gone and whose erasure is recorded
     * @param withheld number of entries of other organisations of which only the hash was given
     */
    record Verified(
            Checkpoint head, String key, Optional<Instant> lastEntryAt, long payloads, long erased, long withheld)
            implements Verification {}

    /**
     * Something was changed, is missing, or is not signed by the expected key.
     *
     * @param findings what and where, at most 50, by place in the ledger where that is known
     */
    record Broken(List<Finding> findings) implements Verification {
        public Broken {
            findings = List.copyOf(findings);
        }

        /** The first entry that is touched, where one can be named. */
        public OptionalLong firstBadEntry() {
            return findings.stream().flatMapToLong(f -> f.entry().stream()).min();
        }
    }

    /**
     * One thing that does not fit.
     *
     * @param entry index of the first entry that it touches, from 0
     * @param where file or tile
     * @param what what is wrong, as a sentence
     */
    record Finding(OptionalLong entry, String where, String what) {}
}
