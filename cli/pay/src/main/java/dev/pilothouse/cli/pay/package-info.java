/**
 * Commands of {@code pilot} on money: what models cost ({@link dev.pilothouse.cli.pay.PriceCommands}).
 *
 * <p>Invariants: amounts are shown in US dollars and are exact, to the last nano-USD; nothing is computed here that the server
 * does not say.
 */
@NullMarked
package dev.pilothouse.cli.pay;

import org.jspecify.annotations.NullMarked;
