/**
 * Values that every floor shares: who calls ({@link dev.pilothouse.kernel.Caller}), what went wrong ({@link
 * dev.pilothouse.kernel.PilothouseException} with its {@link dev.pilothouse.kernel.ErrorCode}), how bytes are named
 * ({@link dev.pilothouse.kernel.Digest}), how things are named ({@link dev.pilothouse.kernel.Ids}) and how money is counted
 * ({@link dev.pilothouse.kernel.Money}).
 *
 * <p>Invariants: everything here is immutable or thread-safe, depends on nothing but the JDK and JSpecify, and does no
 * I/O.
 */
@NullMarked
package dev.pilothouse.kernel;

import org.jspecify.annotations.NullMarked;
