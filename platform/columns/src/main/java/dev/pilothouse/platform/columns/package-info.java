/**
 * The columnar store of high-volume signals: an append log first, a DuckDB hot window filled from it in batches, sealed to
 * Parquet per signal, tenant and hour. One view per signal queries both.
 *
 * <p>Invariants: an append is acknowledged after it is in the log; replay after a crash is idempotent by segment and
 * offset, so that each acknowledged row is in the answers exactly once; retention deletes whole files; a query sees one
 * tenant's rows only; one process owns a folder; DuckDB runs on platform threads owned here and loads on first use. With an
 * {@link dev.pilothouse.platform.columns.Exchange} a query also sees, in whole files, what other processes sealed.
 */
@NullMarked
package dev.pilothouse.platform.columns;

import org.jspecify.annotations.NullMarked;
