package dev.pilothouse.platform.segments;

/**
 * Counters of a log since it was opened.
 *
 * @param records appended records
 * @param bytes appended bytes, frames included
 * @param writes groups written
 * @param syncs times the disk was asked to keep what was written
 * @param refused appends that failed
 * @param segments segment files there are now
 */
public record SegmentStats(long records, long bytes, long writes, long syncs, long refused, int segments) {}
