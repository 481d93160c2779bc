/**
 * Runs and their metrics, as the MLflow REST API (versions 2 and 3) knows them: logged in batches, found by search.
 *
 * <p>{@link dev.pilothouse.know.tracking.Tracking} is the front door, and serves the experiments below as well. Everything
 * a search asks stands in memory as columns ({@code RunIndex}), fed after each commit and rebuilt from the store. Files of
 * runs are kept above; {@link dev.pilothouse.know.tracking.RunFiles} says what of them the ledger records.
 *
 * <p>Invariants: an acknowledged {@code log-batch} survives power loss; re-sent points are dropped; run start and end are
 * ledger entries with digests of parameters, metrics and artifacts; every row carries its tenant.
 */
@NullMarked
package dev.pilothouse.know.tracking;

import org.jspecify.annotations.NullMarked;
