package dev.pilothouse.run.serving;

import dev.pilothouse.kernel.Buckets;
import dev.pilothouse.run.openinference.ModelInfo;
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
    LiveEndpoint {
        variants = List.copyOf(variants);
    }

    /** The variant of a key: it stays the same while the release does and weights of canaries only rise. */
    LiveVariant choose(String key) {
        if (variants.size() == 1) {
            return variants.getFirst();
        }
        int bucket = Buckets.of(key, spec.release());
        int below = 0;
        for (int i = 1; i < variants.size(); i++) {
            LiveVariant canary = variants.get(i);
            below += canary.weight();
            if (bucket < below) {
                return canary;
            }
        }
        return control != null && bucket >= Buckets.PER_MILLE - control.weight() ? control : variants.getFirst();
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
