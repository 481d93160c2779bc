/**
 * What benchmarks measure with: the packaged program and its peers as processes, load tools, durations, and the {@link
 * dev.pilothouse.bench.measure.Report} that judges and keeps figures.
 *
 * <p>Invariants: what is measured runs in a process of its own; load comes from the same tool for us and for peers; a figure
 * that is not a number never reaches its goal.
 */
@NullMarked
package dev.pilothouse.bench.measure;

import org.jspecify.annotations.NullMarked;
