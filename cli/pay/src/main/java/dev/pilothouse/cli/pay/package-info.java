/**
 * Commands on language models and money: {@code pilot providers} and {@code aliases} say who answers, {@code prices} what it
 * costs, {@code budget} what may be spent, {@code usage} what was, and {@code agents} who is watched and paused.
 *
 * <p>Invariant: amounts go from the command line to the server, and from its answers to the terminal, as the exact decimals that
 * they are; none is ever a floating-point number.
 */
@NullMarked
package dev.pilothouse.cli.pay;

import org.jspecify.annotations.NullMarked;
