package dev.pilothouse.trust.ledger;

import java.util.List;
import java.util.OptionalLong;

/**
 * Some entries, the newest first.
 *
 * @param entries may be fewer than asked for, even none, although more follow: a page looks at a bounded stretch
 * @param next what to ask {@code before} for the next page; empty at the end
 */
public record EntryPage(List<RecordedEntry> entries, OptionalLong next) {
    public EntryPage {
        entries = List.copyOf(entries);
    }
}
