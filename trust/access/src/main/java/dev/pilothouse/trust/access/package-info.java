/**
 * Who may do what: organisations (tenants) with their tree of departments, teams and projects; principals (persons,
 * service accounts, agents) with roles; and one kind of key. {@link dev.pilothouse.trust.access.Access} and its {@link
 * dev.pilothouse.trust.access.Keys} are the front doors,
 * {@link dev.pilothouse.trust.access.KeyAuthenticator} answers the edge for every call, and {@link
 * dev.pilothouse.trust.access.Sessions} lets a browser trade a key for a cookie.
 *
 * <p>Invariants: a key is shown once, when it is made; only its hash is stored; a key never grants a role that its
 * principal does not hold now; nobody gives away a role that they do not hold; agents and service accounts are never
 * approvers; the last active admin of an organisation stays; every change is a ledger entry in the same transaction.
 */
@NullMarked
package dev.pilothouse.trust.access;

import org.jspecify.annotations.NullMarked;
