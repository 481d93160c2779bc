/**
 * Secrets that programs are given and nobody reads: a value is stored for a tenant and one of its environments, encrypted with
 * the installation's master key, and goes to processes as an environment variable.
 *
 * <p>{@link dev.pilothouse.trust.secrets.Secrets} is the front door, {@link dev.pilothouse.trust.secrets.SecretRoutes} its HTTP
 * API, which takes values and gives none.
 *
 * <p>Invariants: a value is never in an answer, a log, an error or the ledger; each change is a ledger entry in the same
 * transaction that says who and when; a stored value opens only as the secret it was stored as; number and size are limited.
 */
@NullMarked
package dev.pilothouse.trust.secrets;

import org.jspecify.annotations.NullMarked;
