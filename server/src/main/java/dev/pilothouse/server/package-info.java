/**
 * The program: {@link dev.pilothouse.server.Main} reads {@link dev.pilothouse.server.ServerConfig}, builds {@link
 * dev.pilothouse.server.Wiring} and waits to be stopped.
 *
 * <p>Invariants: every object is made by a plain constructor call in {@code Wiring}, read from top to bottom; what was
 * opened is closed in reverse, also when starting fails half-way; the key that the first start makes is printed once and
 * stored only as a hash.
 */
@NullMarked
package dev.pilothouse.server;

import org.jspecify.annotations.NullMarked;
