/**
 * The ordered append table on which the ledger is built. A record is appended unnumbered in its state's transaction; one
 * numbering step at a time ({@link dev.pilothouse.platform.journal.Journal#number}) gives committed records the next
 * sequence numbers, dense from 0. Followers read by sequence with durable cursors.
 *
 * <p>Invariants: only the ledger appends; a number once given never changes and has no gap before it; a follower sees
 * every numbered record, in order, at least once, and exactly once in effect when it moves its cursor in the transaction
 * of its own writes.
 */
@NullMarked
package dev.pilothouse.platform.journal;

import org.jspecify.annotations.NullMarked;
