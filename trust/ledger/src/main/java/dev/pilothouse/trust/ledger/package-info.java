/**
 * The ledger: one append-only, tamper-evident log of everything that happens.
 *
 * <p>A capability gives {@link dev.pilothouse.trust.ledger.Ledger#append} a {@link
 * dev.pilothouse.trust.ledger.LedgerEntry} inside the transaction of the state it records. Its leaf is an {@link
 * dev.pilothouse.trust.transparency.Envelope}; the payload, the actor's name with it, stands apart, encrypted with its own
 * data key, so that it can be erased while every hash stays true. A single sequencer numbers committed entries at least
 * every 100 ms, extends the tree's tiles and signs the head.
 *
 * <p>Invariants: an entry exists exactly if its state's transaction committed; no leaf is ever changed or removed; all
 * 64-bit integers in envelopes and payloads are decimal strings; a tenant reads only its own payloads.
 */
@NullMarked
package dev.pilothouse.trust.ledger;

import org.jspecify.annotations.NullMarked;
