/**
 * Experiments, runs, metrics, logged models and artifacts, as the MLflow REST API (versions 2 and 3) knows them.
 *
 * <p>{@link dev.pilothouse.know.tracking.Artifacts} is the front door to files of runs and models for other modules;
 * the runs themselves are reached over {@code TrackingRoutes}.
 *
 * <p>Invariants: an acknowledged {@code log-batch} survives power loss; re-sent points are dropped; run start and end are
 * ledger entries with digests of parameters, metrics and artifacts; every row carries its tenant.
 */
@NullMarked
package dev.pilothouse.know.tracking;

import org.jspecify.annotations.NullMarked;
