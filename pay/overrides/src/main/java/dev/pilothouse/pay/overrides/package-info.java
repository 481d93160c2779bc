/**
 * Financial overrides: a budget's limit raised for a while, asked for by one person and approved by another. The entry is
 * {@link dev.pilothouse.pay.overrides.Overrides}.
 *
 * <p>Invariants: nothing is raised before a person with the role who is not the requester has approved exactly this amount,
 * expiry and reason (see {@code trust/policy}); an override raises the limit of one window, the one that runs when it is
 * approved, and of no other; it ends at its expiry or with that window, whichever is first, and then the limit falls back as
 * one that is lowered does; each step is an entry of the ledger in the transaction of its state, and is taken once, however
 * many servers look and whatever restarts.
 */
@NullMarked
package dev.pilothouse.pay.overrides;

import org.jspecify.annotations.NullMarked;
