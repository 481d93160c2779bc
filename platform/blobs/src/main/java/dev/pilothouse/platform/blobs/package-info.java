/**
 * Content-addressed bytes: a blob's name is its SHA-256. Big blobs are cut into content-defined chunks, so that versions
 * of one file share what they have in common.
 *
 * <p>Invariants: a blob is visible only once it is whole and synced; the same bytes are stored once; a blob that anything
 * refers to, or that is younger than the grace period, is never collected; reading checks the digest of every chunk.
 */
@NullMarked
package dev.pilothouse.platform.blobs;

import org.jspecify.annotations.NullMarked;
