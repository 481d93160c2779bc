/**
 * Benchmarks of the whole program and of its floors but money, and the one list of all benchmarks: each is a {@link
 * dev.pilothouse.bench.measure.Benchmark} that {@code bench/run NAME} runs as a program of its own. They print a table, one
 * {@code RESULT} line per figure, and write {@code bench/results/NAME.json}.
 *
 * <p>Invariants: nothing here asserts; a figure that could not be measured is SHORT with its reason; a data set is read
 * from {@code $PILOTHOUSE_DATA} and never committed.
 */
@NullMarked
package dev.pilothouse.bench;

import org.jspecify.annotations.NullMarked;
