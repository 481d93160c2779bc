/**
 * The one file a user writes, {@code pilothouse.yaml}: what a service is, which gates its releases pass and how they meet
 * traffic; who runs language models, who answers an alias, and what may be spent.
 *
 * <p>{@link dev.pilothouse.ship.spec.SpecReader} reads it into {@link dev.pilothouse.ship.spec.ServiceSpec}, every default
 * filled in; {@link dev.pilothouse.ship.spec.SpecTree} writes a spec back, digests it and tells two apart. {@link dev.pilothouse.ship.spec.Schemas} are
 * what users' editors read; tests hold them against the readers.
 *
 * <p>Invariants: all problems of a file are reported together, each with line and column; an unknown key names the nearest
 * known one; what is written is read back equal.
 */
@NullMarked
package dev.pilothouse.ship.spec;

import org.jspecify.annotations.NullMarked;
