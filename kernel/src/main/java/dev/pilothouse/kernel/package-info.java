/**
 * Values that every floor shares: who calls ({@link dev.pilothouse.kernel.Caller}), what went wrong ({@link
 * dev.pilothouse.kernel.PilothouseException} with its {@link dev.pilothouse.kernel.ErrorCode}), how bytes are named
 * ({@link dev.pilothouse.kernel.Digest}) and how things are named ({@link dev.pilothouse.kernel.Ids}).
 *
 * <p>Invariants: everything here is immutable or thread-safe, depends on nothing but the JDK and JSpecify, and does no
 * I/O.
 */
@NullMarked
package dev.pilothouse.kernel;

import org.jspecify.annotations.NullMarked;
