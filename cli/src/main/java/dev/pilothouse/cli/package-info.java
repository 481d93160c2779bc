/**
 * {@code pilot}, the command line: a client of the public HTTP API and of the ledger's offline verifier, nothing else.
 *
 * <p>{@link dev.pilothouse.cli.Pilot} is the program, which joins the commands of this module with those of the modules below
 * {@code cli/}. Results go to stdout, talk to stderr. {@code --output json} prints what the server answered. Exit codes: 0 done, 1 the thing asked for is not so, 2 used wrongly, 3 server not reached, 4
 * not allowed.
 *
 * <p>Invariants: a key is never printed but by the command that makes it; colour only on a terminal without NO_COLOR;
 * every error says what happened and what to do, with the request id.
 */
@NullMarked
package dev.pilothouse.cli;

import org.jspecify.annotations.NullMarked;
