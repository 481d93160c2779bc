/**
 * Durable approvals: a capability asks ({@link dev.pilothouse.trust.policy.Approvals#request}), a person with the role
 * decides, and the capability's reconciler reads the outcome. An approval is bound to the digest of what was shown to the
 * approver, so that a changed thing needs a new one.
 *
 * <p>Invariants: nobody decides their own request; only persons decide; a decided or expired approval never changes;
 * request, decision and expiry are each a ledger entry in the same transaction.
 */
@NullMarked
package dev.pilothouse.trust.policy;

import org.jspecify.annotations.NullMarked;
