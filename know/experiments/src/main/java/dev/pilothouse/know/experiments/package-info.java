/**
 * Experiments, and the models that runs log in them, as the MLflow REST API (versions 2 and 3) knows them.
 *
 * <p>{@link dev.pilothouse.know.experiments.Experiments} and {@link dev.pilothouse.know.experiments.LoggedModels} are
 * the front doors, {@link dev.pilothouse.know.experiments.ExperimentRoutes} their endpoints. Runs stand above: what they
 * log on a model comes in as {@link dev.pilothouse.know.experiments.MetricPoint}, and how they follow their experiment
 * into the bin is told by {@link dev.pilothouse.know.experiments.RunBin}.
 *
 * <p>Invariants: every tenant has the default experiment before anybody looks for one; names are unique within the
 * tenant, the bin included; moves into the bin and out of it are ledger entries; every row carries its tenant. The tables
 * are made by the migrations of tracking.
 */
@NullMarked
package dev.pilothouse.know.experiments;

import org.jspecify.annotations.NullMarked;
