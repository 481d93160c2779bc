/**
 * Processes that share one store: who is alive, who may do what nobody else does meanwhile, and what time it is for all.
 *
 * <p>{@link dev.pilothouse.platform.replicas.Leases} is the front door; {@link dev.pilothouse.platform.replicas.Tenure} holds
 * one lease for a long time, {@link dev.pilothouse.platform.replicas.Replica} tells the living from the dead, {@link
 * dev.pilothouse.platform.replicas.DatabaseClock} gives them one time.
 *
 * <p>Invariants: a lease has one holder, and each holder a higher epoch than those before, which its units check; no
 * process compares its clock with another's. The table belongs to every store and comes with its own migrations.
 */
@NullMarked
package dev.pilothouse.platform.replicas;

import org.jspecify.annotations.NullMarked;
