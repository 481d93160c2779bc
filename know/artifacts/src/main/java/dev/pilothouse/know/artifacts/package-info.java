/**
 * Files of runs, logged models and registered versions, as MLflow's artifact proxy knows them: by path, in one request,
 * in parts, and by short-lived signed addresses.
 *
 * <p>{@link dev.pilothouse.know.artifacts.Artifacts} is the front door; {@link
 * dev.pilothouse.know.artifacts.ArtifactRoutes} are the endpoints. Paths stand in the store, bytes in blobs, never in
 * memory as a whole.
 *
 * <p>Invariants: a path is relative and cannot leave its root, decoded however often; files below {@link
 * dev.pilothouse.know.artifacts.Artifacts#PINNED} are written by the registry only and never change; a file in parts
 * becomes visible once it is whole; every row carries its tenant. The tables are made by the migrations of tracking.
 */
@NullMarked
package dev.pilothouse.know.artifacts;

import org.jspecify.annotations.NullMarked;
