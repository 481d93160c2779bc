/**
 * Everything that a gateway of language models stands on, put together as a server does it, for tests of the gateway and of what is
 * above it. The entry is {@link dev.pilothouse.testkit.gateway.GatewayParts}.
 */
@NullMarked
package dev.pilothouse.testkit.gateway;

import org.jspecify.annotations.NullMarked;
