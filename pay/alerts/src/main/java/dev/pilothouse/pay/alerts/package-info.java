/**
 * Tells people when a budget reaches a threshold. The entry is {@link dev.pilothouse.pay.alerts.Alerts}.
 *
 * <p>Invariants: each threshold of a budget is told of once in a window, whatever restarts and however many servers look: the
 * row that says so, the messages and the entry of the ledger are written in one transaction, and the row's key is unique. A
 * threshold that is reached while no server runs is told of when one does, if the window still runs.
 */
@NullMarked
package dev.pilothouse.pay.alerts;

import org.jspecify.annotations.NullMarked;
