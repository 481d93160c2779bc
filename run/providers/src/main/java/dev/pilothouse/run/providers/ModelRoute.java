package dev.pilothouse.run.providers;

import dev.pilothouse.kernel.CommonError;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * An alias that clients ask for as a model, and who answers it. Immutable.
 *
 * @param alias what a request's {@code model} says; 1 to 128 letters, digits and {@code . _ : / -}
 * @param targets who answers, by their weights; at least one
 * @param fallbacks who answers where the chosen target fails, in this order
 * @param residency regions of providers that requests may go to, whatever else is declared, and where a budget makes them a
 *     cheaper model too; empty for all
 * @param prompt what its models are told before the client's own words, if anything
 * @param version counts how often it was declared otherwise, from 1
 * @param cache whether answers are kept
 */
public record ModelRoute(
        String alias,
        List<Target> targets,
        List<Target> fallbacks,
        List<String> residency,
        Optional<Prompt> prompt,
        int version,
        CacheRule cache) {
    /**
     * A model of a provider.
     *
     * @param provider the provider's name
     * @param model the provider's name of the model
     * @param weight share of the requests relative to the other targets', 0 to 10,000; without meaning in fallbacks
     */
    public record Target(String provider, String model, int weight) {
        /** The largest weight. */
        public static final int MOST_WEIGHT = 10_000;

        public Target {
            if (model.isEmpty() || model.length() > 200 || model.chars().anyMatch(c -> c <= ' ' || c == 127)) {
                throw CommonError.INVALID.because(
                        "A target's 'model' has 1 to 200 characters and no space, unlike '" + model + "'.");
            }
            if (weight < 0 || weight > MOST_WEIGHT) {
                throw CommonError.INVALID.because(
                        "A target's 'weight' is from 0 to " + MOST_WEIGHT + ", not " + weight + ".");
            }
        }

        @Override
        public String toString() {
            return provider + "/" + model;
        }
    }

    /** What aliases look like. */
    public static final Pattern ALIAS = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._:/-]{0,126}[A-Za-z0-9])?");

    private static final int MOST_TARGETS = 20;
    private static final int MOST_REGIONS = 20;

    public ModelRoute {
        targets = List.copyOf(targets);
        fallbacks = List.copyOf(fallbacks);
        residency = List.copyOf(residency);
        if (!ALIAS.matcher(alias).matches() || alias.contains("..")) {
            throw CommonError.INVALID.because(
                    "An alias has 1 to 128 letters, digits and . _ : / - and begins and ends with a letter or digit, unlike '"
                            + alias + "'.");
        }
        if (targets.isEmpty() || targets.size() + fallbacks.size() > MOST_TARGETS) {
            throw CommonError.INVALID.because(
                    "An alias has 1 to " + MOST_TARGETS + " targets, fallbacks counted with them.");
        }
        if (residency.size() > MOST_REGIONS
                || residency.stream()
                        .anyMatch(region -> region.isEmpty()
                                || !Provider.REGION.matcher(region).matches())) {
            throw CommonError.INVALID.because(
                    "'residency' lists up to " + MOST_REGIONS + " regions of providers, such as [\"eu\"].");
        }
        if (cache.embedding().equals(alias)) {
            throw CommonError.INVALID.because("The alias '" + alias + "' cannot embed texts for its own cache.");
        }
        if (targets.stream().mapToInt(Target::weight).sum() == 0) {
            throw CommonError.INVALID.because("At least one target needs a 'weight' above 0.");
        }
    }

    /** The same as another version. */
    public ModelRoute withVersion(int other) {
        return new ModelRoute(alias, targets, fallbacks, residency, prompt, other, cache);
    }

    /** The same that stays elsewhere. */
    public ModelRoute withResidency(List<String> regions) {
        return new ModelRoute(alias, targets, fallbacks, regions, prompt, version, cache);
    }

    /** The same whose answers are kept otherwise. */
    public ModelRoute withCache(CacheRule other) {
        return new ModelRoute(alias, targets, fallbacks, residency, prompt, version, other);
    }

    /** Whether both answer alike: the same targets, fallbacks and prompt. */
    public boolean answersAs(ModelRoute other) {
        return targets.equals(other.targets) && fallbacks.equals(other.fallbacks) && prompt.equals(other.prompt);
    }

    /** Whether requests may go to a provider. */
    public boolean allows(Provider provider) {
        return residency.isEmpty() || residency.contains(provider.region());
    }

    /**
     * The same without a cache, for what is asked on behalf of a request that stays in some regions.
     *
     * @param regions where it stays; empty for all
     * @return empty where the two have no region in common
     */
    public Optional<ModelRoute> within(List<String> regions) {
        List<String> both = residency.isEmpty() || regions.isEmpty()
                ? Stream.concat(residency.stream(), regions.stream()).toList()
                : residency.stream().filter(regions::contains).toList();
        boolean nowhere = both.isEmpty() && !regions.isEmpty();
        return nowhere
                ? Optional.empty()
                : Optional.of(new ModelRoute(alias, targets, fallbacks, both, prompt, version, CacheRule.OFF));
    }

    /**
     * The order in which targets are asked: one by its weight, then the fallbacks, then the other targets.
     *
     * @param draw decides; the same number gives the same target, so that a session stays with one
     */
    public List<Target> order(long draw) {
        Target chosen = pick(draw);
        var order = new ArrayList<Target>(targets.size() + fallbacks.size());
        order.add(chosen);
        fallbacks.stream().filter(target -> !order.contains(target)).forEach(order::add);
        targets.stream()
                .filter(target -> target.weight() > 0 && !order.contains(target))
                .forEach(order::add);
        return order;
    }

    private Target pick(long draw) {
        if (targets.size() == 1) {
            return targets.getFirst();
        }
        int all = targets.stream().mapToInt(Target::weight).sum();
        int at = new SplittableRandom(draw).nextInt(all);
        for (Target target : targets) {
            at -= target.weight();
            if (at < 0) {
                return target;
            }
        }
        throw new IllegalStateException("Weights of " + alias + " do not add up");
    }
}
