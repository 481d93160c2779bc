package dev.pilothouse.run.batches;

/**
 * A file that a provider keeps for a tenant.
 *
 * @param id the provider's
 * @param provider who keeps it
 * @param document as the provider last told of it, JSON
 * @param requests what it asks for, {@link RequestFile} as JSON; empty where it is no file of requests
 * @param createdAt milliseconds since 1970
 */
record StoredFile(String tenant, String id, String provider, String document, String requests, long createdAt) {}
