/**
 * What is stored of services and their releases: the rows, the values they hold, and which release shipped what.
 *
 * <p>{@link dev.pilothouse.ship.releases.SqlServices} and {@link dev.pilothouse.ship.releases.SqlReleases} read and write them
 * within a transaction that somebody else opened; {@link dev.pilothouse.ship.releases.ReleaseLineage} answers what shipped. The
 * tables are called {@code delivery_…}, after the module that moves releases and first held them.
 *
 * <p>Invariants: a service is one row for each of its environments; a row changes only if nobody changed it since it was read;
 * a release keeps the declaration it started with; what it releases is pinned by digest.
 */
@NullMarked
package dev.pilothouse.ship.releases;

import org.jspecify.annotations.NullMarked;
