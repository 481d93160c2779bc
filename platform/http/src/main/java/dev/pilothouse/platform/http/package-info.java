/**
 * The edge: HTTP/1.1, HTTP/2, TLS, gRPC and server-sent events on one port, over Armeria.
 *
 * <p>Capabilities describe what they answer in a {@link dev.pilothouse.platform.http.RouteTable}, the one map of all
 * routes: method, path, who may call ({@link dev.pilothouse.platform.http.Access}), operation name and handler. The edge
 * does the rest for every route alike: request ids, W3C trace context, authentication, roles, body limits, time limits,
 * compression, access metrics, and errors in the shape of the route's protocol ({@link
 * dev.pilothouse.platform.http.ErrorShape}).
 *
 * <p>Invariants: a handler never sees an unauthenticated call unless its route is {@code Access.open()}; no stack trace or
 * class name reaches a client; blocking handlers run on virtual threads, raw handlers on the event loop and must not
 * block; Armeria's types appear only here, in {@code *Routes}, and in the data paths the design names.
 */
@NullMarked
package dev.pilothouse.platform.http;

import org.jspecify.annotations.NullMarked;
