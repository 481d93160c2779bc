/**
 * What traffic says about a release: outcomes counted per version and rollout step, and the verdict that follows.
 *
 * <p>{@link dev.pilothouse.ship.verdicts.CountRecorder} moves counts from a model server's memory into the store;
 * {@link dev.pilothouse.ship.verdicts.Evidence} compares candidate and stable version with the tests of {@code
 * ship.statistics} and says what a step still waits for. {@link dev.pilothouse.ship.verdicts.PassedLabels} brings labels to the
 * replica that gave the answer.
 *
 * <p>Invariants: each request is counted at most once; the blocks that the test of slow answers reads are stored in the
 * transaction of the counts they were made of; a verdict is a function of what is stored, so every process comes to the
 * same one.
 */
@NullMarked
package dev.pilothouse.ship.verdicts;

import org.jspecify.annotations.NullMarked;
