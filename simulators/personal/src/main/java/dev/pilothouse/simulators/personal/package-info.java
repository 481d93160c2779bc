/**
 * Texts that hold secrets and personal data of nobody, and texts that hold what only looks like them, to measure detectors by.
 *
 * <p>{@link dev.pilothouse.simulators.personal.Corpus} makes them.
 *
 * <p>Invariants: the same seed makes the same texts; check digits are computed with code of its own, so that a detector's mistake is
 * not made twice; nothing is anybody's.
 */
@NullMarked
package dev.pilothouse.simulators.personal;

import org.jspecify.annotations.NullMarked;
