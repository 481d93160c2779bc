/**
 * What all commands of {@code pilot} stand on: {@link dev.pilothouse.cli.terminal.Session} gives a command the {@link
 * dev.pilothouse.cli.terminal.Terminal} it prints on and the {@link dev.pilothouse.cli.terminal.Api} it asks; {@link
 * dev.pilothouse.cli.terminal.Exit} is how it ends otherwise than well.
 *
 * <p>Commands live in a module for each part of the product; the program that joins them is {@code dev.pilothouse.cli.Pilot}.
 *
 * <p>Invariants: results go to one stream and talk to the other; with JSON there is no talk; colour only on a terminal
 * without NO_COLOR; a refusal is told in the server's words, with the request id.
 */
@NullMarked
package dev.pilothouse.cli.terminal;

import org.jspecify.annotations.NullMarked;
