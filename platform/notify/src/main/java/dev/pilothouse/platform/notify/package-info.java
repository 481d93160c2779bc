/**
 * Tells people and other systems what happened: webhooks, signed as the Standard Webhooks specification says, messages to
 * Slack, and e-mail, all durable and retried.
 * {@link dev.pilothouse.platform.notify.Notifications#send} takes part in the transaction of the state it tells about.
 *
 * <p>Invariants: a notification is sent at least once if its transaction committed, and never otherwise; it ends delivered
 * or dead, and a dead one can be sent again; no redirect is followed; nothing is ever sent to a link-local, metadata,
 * multicast or, unless configured, loopback address; an answer's size and time are bounded.
 */
@NullMarked
package dev.pilothouse.platform.notify;

import org.jspecify.annotations.NullMarked;
