package dev.pilothouse.trust.ledger;

import dev.pilothouse.platform.journal.JournalRecord;

/** An entry that is hashed and encrypted, ready to be appended in any transaction of its tenant. */
public record SealedEntry(JournalRecord record) {}
