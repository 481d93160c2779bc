/**
 * The model registry: registered models, immutable versions, aliases, tags and stages, as the MLflow REST API knows them.
 *
 * <p>{@link dev.pilothouse.know.registry.Models} is the front door for other modules. Creating a version pins the files it
 * is made of: the {@link dev.pilothouse.know.registry.ModelVersion#digest} is the digest of their manifest, and releases
 * are made by that digest.
 *
 * <p>Invariants: a version's files never change; every change is a ledger entry in the same transaction; every row
 * carries its tenant.
 */
@NullMarked
package dev.pilothouse.know.registry;

import org.jspecify.annotations.NullMarked;
