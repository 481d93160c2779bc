package dev.pilothouse.run.probes;

import dev.pilothouse.run.providers.Probe;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A provider that is to be asked.
 *
 * @param tenant whose provider it is
 * @param provider its name
 * @param probe how it is asked
 * @param ask asks it once, without waiting: completes with the status of its answer, or exceptionally
 */
public record Probed(String tenant, String provider, Probe probe, Supplier<CompletableFuture<Integer>> ask) {}
