/**
 * The model server: endpoints of the Open Inference Protocol v2 over REST and gRPC, with ONNX models in process and any
 * other server of that protocol behind them.
 *
 * <p>{@link dev.pilothouse.run.serving.Endpoints} is the front door: delivery declares what an endpoint runs ({@link
 * dev.pilothouse.run.serving.EndpointSpec}), serving loads and warms it, then swaps it in one step. A request goes to a
 * variant by hash of its key and the release, so that a key stays in the canary as the weight rises.
 *
 * <p>Invariants: no request is lost by a swap; every answer names the version that made it; a shadow's answer, failure or
 * slowness never reaches a client; nothing here runs a model on an event
 * loop; limits are per model and answer 429 or 503.
 */
@NullMarked
package dev.pilothouse.run.serving;

import org.jspecify.annotations.NullMarked;
