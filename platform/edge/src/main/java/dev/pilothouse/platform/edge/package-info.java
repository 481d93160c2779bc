/**
 * The edge: HTTP/1.1, HTTP/2, TLS, gRPC and server-sent events on one port, over Armeria.
 *
 * <p>{@link dev.pilothouse.platform.edge.Edge} serves the routes of a {@link
 * dev.pilothouse.platform.http.RouteTable}. It does for every route alike: request ids, W3C trace context,
 * authentication, roles, body limits, time limits, compression, idempotent repeats, access metrics, and errors.
 *
 * <p>Invariants: nothing reaches a handler that its route's access does not admit; no stack trace or class name reaches
 * a client; a refusal has the shape of its route's protocol, or is problem JSON where there is no route; requests in
 * flight finish before the port closes. Only the server and tests import this package.
 */
@NullMarked
package dev.pilothouse.platform.edge;

import org.jspecify.annotations.NullMarked;
