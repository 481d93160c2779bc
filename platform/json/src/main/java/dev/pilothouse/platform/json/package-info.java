/**
 * JSON for all floors: one strict mapper ({@link dev.pilothouse.platform.json.Json}) and the canonical form that the
 * ledger hashes ({@link dev.pilothouse.platform.json.CanonicalJson}).
 *
 * <p>Invariants: duplicate keys, NaN and trailing text are refused on reading; 64-bit integers survive a round trip;
 * reading never makes an object whose class the text names.
 */
@NullMarked
package dev.pilothouse.platform.json;

import org.jspecify.annotations.NullMarked;
