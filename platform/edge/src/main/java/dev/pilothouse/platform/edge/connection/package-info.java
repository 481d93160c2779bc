/** What the edge does to a connection, below any protocol. */
@NullMarked
package dev.pilothouse.platform.edge.connection;

import org.jspecify.annotations.NullMarked;
