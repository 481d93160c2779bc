package dev.pilothouse.platform.journal;

/**
 * A numbered record.
 *
 * @param sequence position in the one order, from 0 without gaps; also the leaf's index in the ledger's tree; {@link
 *     #UNNUMBERED} only where a record is looked up by id before the sequencer has come by
 * @param record what was appended
 */
public record JournalEntry(long sequence, JournalRecord record) {
    /** Sequence of a committed record that has no number yet. */
    public static final long UNNUMBERED = -1;

    /** Whether the record has its number. */
    public boolean numbered() {
        return sequence != UNNUMBERED;
    }
}
