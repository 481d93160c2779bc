/**
 * What a capability says of its part of the HTTP interface, and what it is given per request. It does not serve: that is
 * {@code platform.edge}.
 *
 * <p>The entry is the {@link dev.pilothouse.platform.http.RouteTable}, the one map of all routes: method, path, who may
 * call ({@link dev.pilothouse.platform.http.Access}), operation name, error shape ({@link
 * dev.pilothouse.platform.http.ErrorShape}) and {@link dev.pilothouse.platform.http.Handler}. A blocking handler turns a
 * {@link dev.pilothouse.platform.http.Call} into a {@link dev.pilothouse.platform.http.Reply}; a raw one works with
 * Armeria's types.
 *
 * <p>Invariants: a handler never sees an unauthenticated call unless its route is {@code Access.open()}; blocking handlers
 * run on virtual threads, raw handlers on the event loop and must not block; no two routes share method and path.
 */
@NullMarked
package dev.pilothouse.platform.http;

import org.jspecify.annotations.NullMarked;
