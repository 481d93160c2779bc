/**
 * Budgets: how much may be spent in a scope and a window, held before a call and settled after it, by any number of
 * servers at once. The entry is {@link dev.pilothouse.pay.budgets.Budgets}; who declares them and looks where they stand goes
 * through {@link dev.pilothouse.pay.budgets.Declarations}. Work that outlives a server is held by {@link
 * dev.pilothouse.pay.budgets.Reservations}.
 *
 * <p>A server does not ask the database about each call. It draws <em>leases</em>: parts of a budget that the database gives
 * to it alone. A call holds its ceiling (what it can cost at most) on the server's leases of all its budgets, or on none.
 *
 * <p>Invariants, for each account (a budget in one window):
 * <ul>
 *   <li>in the database, settled + leased to all servers never exceeds the limit by a draw;
 *   <li>in a server, held + spent and not yet reported never exceeds what is leased to it by a hold;
 *   <li>a lease grows in the database before it grows in the server, and shrinks in the server before it shrinks in the
 *       database, so that a crash at any moment can only leave too much reserved;
 *   <li>hence, as long as no call costs more than its ceiling, spend never exceeds the limit;
 *   <li>a call is refused only after the database was asked and every living server has given back what it does not hold,
 *       so that limit - settled - held by living calls was below the call's ceiling;
 *   <li>where a limit falls below settled + leased, each server gives back what it does not hold, and holds nothing new until
 *       the database grants it again;
 *   <li>each settlement is counted once: reports of a server are numbered, and one that came before is not taken again.
 * </ul>
 *
 * <p>All amounts are whole numbers: nano-USD, tokens or requests. There is no floating point in any of them.
 */
@NullMarked
package dev.pilothouse.pay.budgets;

import org.jspecify.annotations.NullMarked;
