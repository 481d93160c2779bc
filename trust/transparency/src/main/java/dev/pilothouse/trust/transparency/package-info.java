/**
 * Transparency: a log that anyone can check without trusting who keeps it. Merkle tree (RFC 6962), tiles and entry bundles
 * (C2SP tlog-tiles), signed notes and checkpoints (C2SP, Ed25519), inclusion proofs, exports as tar files, and the verifier
 * that reads them.
 *
 * <p>{@link dev.pilothouse.trust.transparency.OfflineVerifier} is the front door of who checks; {@link
 * dev.pilothouse.trust.transparency.GrowingTree} of who keeps a log.
 *
 * <p>Invariants: needs no server, no store and no clock; every text and file has one way of being written, and a reader
 * refuses all others, so that no byte can change unnoticed; what cannot be read proves nothing.
 */
@NullMarked
package dev.pilothouse.trust.transparency;

import org.jspecify.annotations.NullMarked;
