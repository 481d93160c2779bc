/**
 * The append-only binary log under the signals and under the usage log of money: records from many threads, written in
 * groups by one thread into numbered segment files. Entry type: {@link
 * dev.pilothouse.platform.segments.SegmentLog}. {@link dev.pilothouse.platform.segments.Disk} holds the few durable file
 * operations that this log, the signals and the blobs share.
 *
 * <p>Invariants: an acknowledged record survives the end of the process (and, under {@code POWER}, of the power); records
 * are read back in the order of their positions; a record that is not whole is never read; a sealed segment never
 * changes, and its digest is the SHA-256 of its file; damage inside a sealed segment is reported, never skipped; one
 * process owns a folder.
 */
@NullMarked
package dev.pilothouse.platform.segments;

import org.jspecify.annotations.NullMarked;
