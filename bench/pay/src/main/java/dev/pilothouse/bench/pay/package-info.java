/**
 * Benchmarks of money: the gateway of language models, budgets and the economic circuit breaker. {@link
 * dev.pilothouse.bench.pay.PayBenchmarks} lists them.
 *
 * <p>Invariants: nothing here asserts; what calls came to is compared with the invoice of a simulator that shares no code with
 * the program; amounts are integer nano-USD.
 */
@NullMarked
package dev.pilothouse.bench.pay;

import org.jspecify.annotations.NullMarked;
