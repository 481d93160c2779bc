/**
 * A copy of everything while the server runs, and its way back into an empty folder and an empty database.
 *
 * <p>{@link dev.pilothouse.trust.backup.Backups} makes the copy as one stream, {@link dev.pilothouse.trust.backup.Restore}
 * reads it without a server. A backup is an archive ({@code platform/archive}) of {@code backup.json} (what it is), {@code
 * keys.json} (encrypted with a passphrase, or not there), {@code logs/<folder>/} (logs of rooms above), {@code columns/}, {@code
 * state/<table>/<n>} (rows, in a form of our own that any database takes), {@code blobs/} and {@code summary.json} (what must
 * have arrived).
 *
 * <p>Invariants: control state and ledger are one snapshot; every blob that the snapshot refers to is in the backup, since
 * nothing is collected meanwhile; signals are sealed just after the snapshot was taken, and logs end just after both, but were
 * held before them, so that they tell whatever either does not know yet; a backup is made for an admin of the
 * organisation that runs the installation only, and is on the ledger; nothing is restored over anything, and no server
 * opens what was restored in part.
 */
@NullMarked
package dev.pilothouse.trust.backup;

import org.jspecify.annotations.NullMarked;
