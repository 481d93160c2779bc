package dev.pilothouse.run.cache;

/**
 * What kept answers of an alias, a tenant or all tenants came to on this server since it started.
 *
 * @param hits requests that were answered by a kept answer
 * @param misses requests that looked for one in vain
 * @param bypasses requests of an alias with a cache that did not look, since their client or their kind forbids it
 * @param savedNanoUsd what the answers of the hits cost when they were made; embeddings that were needed to find them are
 *     not taken off
 * @param entries answers that are kept now
 * @param bytes what they take in memory
 */
public record CacheStats(long hits, long misses, long bypasses, long savedNanoUsd, long entries, long bytes) {}
