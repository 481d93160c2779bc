/**
 * Providers that are asked now and then whether they answer, so that one that does not is passed over before a client waits for it.
 *
 * <p>{@link dev.pilothouse.run.probes.Probes} is the front door: the gateway says who is to be asked and how, makes it look several
 * times a second, and asks it who is down.
 *
 * <p>Invariants: nothing here has a thread or waits; a provider has at most one probe under way, a process at most {@link
 * dev.pilothouse.run.probes.Probes#MOST_UNDER_WAY}; servers that start together do not ask together; who is asked no more is not
 * down.
 */
@NullMarked
package dev.pilothouse.run.probes;

import org.jspecify.annotations.NullMarked;
