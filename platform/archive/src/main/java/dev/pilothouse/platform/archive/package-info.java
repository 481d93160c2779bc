/**
 * A tar stream that proves itself whole, so that a copy which was cut off, damaged or edited by accident is never taken
 * for a good one. {@link dev.pilothouse.platform.archive.ArchiveStream} makes it while it is read, {@link
 * dev.pilothouse.platform.archive.ArchiveReader} reads and checks it; both in one pass and in little memory.
 *
 * <p>After at most 4,096 parts comes a part {@code index/<n>}, which lists length and SHA-256 of the parts since the index
 * before. The last part is {@code end}: how many parts and bytes there are, and the SHA-256 over all indexes.
 *
 * <p>Invariants: an archive without its end is refused; a part whose bytes, name or length differ is named.
 */
@NullMarked
package dev.pilothouse.platform.archive;

import org.jspecify.annotations.NullMarked;
