/**
 * Keeps a model that ends the process from doing so for ever. Before native code sees a model, a marker file names it; a
 * server that starts finds the markers of loads that never ended, and after two crashes keeps the model from being loaded
 * until a person releases it. All other services come up. {@link dev.pilothouse.run.quarantine.Quarantine} is the front door.
 *
 * <p>Invariants: the marker is on disk before the load begins; a marker counts once; a crash while a
 * model under suspicion loads counts against that model only, and such models load one after the other; only a person releases; crash, quarantine and release are ledger entries.
 */
@NullMarked
package dev.pilothouse.run.quarantine;

import org.jspecify.annotations.NullMarked;
