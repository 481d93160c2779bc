/**
 * Services as supervised local processes: started with a free port, probed until ready, restarted with back-off, replaced
 * one after the other without a gap, their output kept in a ring, the files of their model in a folder.
 *
 * <p>{@link dev.pilothouse.run.fleet.Fleet} is the front door.
 *
 * <p>Invariants: a process is ended only by the supervisor that started it, by its handle; a replaced replica is drained
 * only when its successor is ready; no orphan survives an ordered stop; after kill -9 of Pilothouse the children of the
 * dead server are found by their marker and ended before new ones start.
 */
@NullMarked
package dev.pilothouse.run.fleet;

import org.jspecify.annotations.NullMarked;
