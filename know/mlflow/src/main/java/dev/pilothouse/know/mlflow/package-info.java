/**
 * What the MLflow REST API shares between experiments, tracking, artifacts and registry: its error shape ({@link
 * dev.pilothouse.know.mlflow.MlflowErrors}), where it is served ({@link dev.pilothouse.know.mlflow.MlflowPaths}), reading
 * of requests from body or query ({@link dev.pilothouse.know.mlflow.MlflowRequest}), rules for names and lengths ({@link
 * dev.pilothouse.know.mlflow.MlflowNames}), and the search grammar ({@link dev.pilothouse.know.mlflow.SearchGrammar}).
 *
 * <p>Invariants: every refusal, unknown endpoints included, is MLflow's JSON {@code {"error_code", "message"}} with the
 * HTTP status its clients expect; a filter that parses can be evaluated without further errors.
 */
@NullMarked
package dev.pilothouse.know.mlflow;

import org.jspecify.annotations.NullMarked;
