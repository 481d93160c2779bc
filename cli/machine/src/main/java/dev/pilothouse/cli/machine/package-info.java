/**
 * The machine that the command line runs on: which servers it knows ({@link dev.pilothouse.cli.machine.Profiles}), whether it
 * is fit for a server ({@link dev.pilothouse.cli.machine.Checkup}), and programs of the server started here ({@link
 * dev.pilothouse.cli.machine.ServerProgram}).
 *
 * <p>Invariants: keys lie in files that only their owner reads, and are never printed; a checkup changes nothing but a
 * temporary file that it removes.
 */
@NullMarked
package dev.pilothouse.cli.machine;

import org.jspecify.annotations.NullMarked;
