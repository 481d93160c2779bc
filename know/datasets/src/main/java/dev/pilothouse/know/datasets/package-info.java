/**
 * Datasets: content-addressed versions of CSV, Parquet and JSONL files with schema, profile and expectations.
 *
 * <p>{@link dev.pilothouse.know.datasets.Datasets} is the front door. A version is the digest of its manifest; adding the
 * same bytes again makes no new version. Expectations are inferred from the first version and can be declared; a batch
 * that breaks them is refused with the rows and the reasons, and leaves no version.
 *
 * <p>Invariants: a version never changes; bytes are stored once; every added, refused or restored version is a ledger
 * entry; DuckDB runs on a small pool of platform threads owned here, with memory and time limits.
 */
@NullMarked
package dev.pilothouse.know.datasets;

import org.jspecify.annotations.NullMarked;
