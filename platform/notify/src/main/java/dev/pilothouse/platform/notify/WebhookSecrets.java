package dev.pilothouse.platform.notify;

import java.net.URI;

/** Knows the secret that webhooks to an address are signed with. Thread-safe. */
@FunctionalInterface
public interface WebhookSecrets {
    /** At least 24 secret bytes, the same at every call for the same tenant and address. */
    byte[] secret(String tenant, URI url);
}
