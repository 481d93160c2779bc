/**
 * Invites people: an admin makes a link that works once and for a while, and whoever opens it becomes a person with a key of
 * their own, without anybody else having seen that key. {@link dev.pilothouse.trust.invitations.Invitations} is the front
 * door.
 *
 * <p>Invariants: the link's secret is shown once and only its hash is stored; an invitation is accepted at most once, in the
 * transaction that makes the person; it gives no role that its maker does not hold when it is accepted; it ends with its
 * maker; every step is a ledger entry.
 */
@NullMarked
package dev.pilothouse.trust.invitations;

import org.jspecify.annotations.NullMarked;
