package dev.pilothouse.platform.segments;

import dev.pilothouse.kernel.Digest;
import java.nio.file.Path;
import java.time.Instant;

/**
 * A segment that will never change again.
 *
 * @param number its number
 * @param file its file
 * @param size length of the file in bytes
 * @param records how many records it holds
 * @param digest SHA-256 of the file
 * @param sealedAt when it was sealed
 */
public record SealedSegment(long number, Path file, long size, long records, Digest digest, Instant sealedAt) {}
