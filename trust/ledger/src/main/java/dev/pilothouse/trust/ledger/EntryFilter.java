package dev.pilothouse.trust.ledger;

import java.util.Optional;

/**
 * Which entries of a tenant to list, the newest first.
 *
 * @param kind only this kind, or, where it ends in a dot, kinds that start so
 * @param subject only this subject
 * @param before only entries with a smaller number
 * @param limit at most so many, 1 to 1000
 */
public record EntryFilter(Optional<String> kind, Optional<String> subject, long before, int limit) {
    /** The newest entries of all kinds. */
    public static EntryFilter newest(int limit) {
        return new EntryFilter(Optional.empty(), Optional.empty(), Long.MAX_VALUE, limit);
    }

    boolean takes(String entryKind) {
        return kind.isEmpty()
                || kind.get().equals(entryKind)
                || (kind.get().endsWith(".") && entryKind.startsWith(kind.get()));
    }
}
