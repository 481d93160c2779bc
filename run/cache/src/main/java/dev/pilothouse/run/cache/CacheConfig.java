package dev.pilothouse.run.cache;

/**
 * Limits of what is kept.
 *
 * @param maxBytes bytes of all kept answers of all tenants together, with what is needed to find them
 * @param maxRequest bytes of a request's body whose answer is kept
 * @param maxAnswer bytes of an answer, or of all events of a stream, that is kept
 */
public record CacheConfig(long maxBytes, int maxRequest, int maxAnswer) {
    /** 64 MiB in all, 256 KiB of a request, 1 MiB of an answer. */
    public static final CacheConfig STANDARD = new CacheConfig(64L << 20, 256 << 10, 1 << 20);
}
