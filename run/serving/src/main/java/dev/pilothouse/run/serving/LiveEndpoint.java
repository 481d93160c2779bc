package dev.pilothouse.run.serving;

import dev.pilothouse.run.openinference.ModelInfo;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint as requests see it. Immutable; a change makes another and swaps it in.
 *
 * @param spec what was asked for
 * @param variants stable first, then canaries
 * @param shadow gets copies, or null
 * @param control the stable variant with a queue and threads of its own, or null
 * @param answers what it answered lately; outlives swaps
 */
record LiveEndpoint(
        EndpointSpec spec,
        List<LiveVariant> variants,
        @Nullable LiveVariant shadow,
        @Nullable LiveVariant control,
        Answers answers) {
    private static final int PER_MILLE = 1_000;

    LiveEndpoint {
        variants = List.copyOf(variants);
    }

    /** The variant of a key: it stays the same while the release does and weights of canaries only rise. */
    LiveVariant choose(String key) {
        if (variants.size() == 1) {
            return variants.getFirst();
        }
        int bucket = bucket(key, spec.release());
        int below = 0;
        for (int i = 1; i < variants.size(); i++) {
            LiveVariant canary = variants.get(i);
            below += canary.weight();
            if (bucket < below) {
                return canary;
            }
        }
        return control != null && bucket >= PER_MILLE - control.weight() ? control : variants.getFirst();
    }

    /**
     * Where a key falls in [0, 1000): FNV-1a over release and key, then the finalizer of SplitMix64 (Steele, Lea, Flood
     * 2014) because FNV's high bits mix badly on short keys.
     */
    static int bucket(String key, String release) {
        long hash = 0xcbf29ce484222325L;
        hash = fnv(hash, release);
        hash = (hash ^ 0xff) * 0x100000001b3L;
        hash = mix(fnv(hash, key));
        return (int) Long.remainderUnsigned(hash, PER_MILLE);
    }

    /** A number in [0, 1) that depends on the text only. */
    static double fraction(String text) {
        return (mix(fnv(0x9e3779b97f4a7c15L, text)) >>> 11) * 0x1.0p-53;
    }

    private static long fnv(long start, String text) {
        long hash = start;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        return hash;
    }

    private static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** What a version takes and gives; the stable one's where none is named. */
    ModelInfo info(String version) {
        LiveVariant variant = version.isEmpty() ? variants.getFirst() : RoutingTable.pinned(this, version);
        return variant.loaded().model.info();
    }

    /** The variant of a version, the shadow's included. */
    Optional<LiveVariant> pinned(String version) {
        return all().filter(v -> v.version().equals(version)).findFirst();
    }

    /** All variants and the shadow; not the control, which is the stable variant once more. */
    Stream<LiveVariant> all() {
        return shadow == null ? variants.stream() : Stream.concat(variants.stream(), Stream.of(shadow));
    }
}
