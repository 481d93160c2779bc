package dev.pilothouse.platform.journal;

/**
 * A numbered record.
 *
 * @param sequence position in the one order, from 0 without gaps; also the leaf's index in the ledger's tree
 * @param record what was appended
 */
public record JournalEntry(long sequence, JournalRecord record) {}
