/**
 * Models behind other servers of the Open Inference Protocol v2.
 *
 * <p>{@link dev.pilothouse.run.remote.RemoteModel} is the entry: it asks a server what its model takes, then passes requests
 * on, to the least busy of several equal servers and to another where one cannot be reached.
 *
 * <p>Invariants: nothing but connecting blocks; credentials in an address are never in a message.
 */
@NullMarked
package dev.pilothouse.run.remote;

import org.jspecify.annotations.NullMarked;
