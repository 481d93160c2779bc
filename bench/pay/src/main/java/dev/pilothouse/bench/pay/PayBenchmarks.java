package dev.pilothouse.bench.pay;

import dev.pilothouse.bench.measure.Benchmark;
import java.util.List;

/** The benchmarks of this package. */
public final class PayBenchmarks {
    private PayBenchmarks() {}

    /** All of them. */
    public static List<Benchmark> all() {
        return List.of(
                new BreakerBenchmark(),
                BudgetsBenchmark.budgets(),
                BudgetsBenchmark.sums(),
                new DegradeBenchmark(),
                new GatewayBenchmark(),
                new GuardsBenchmark(),
                new SoakBenchmark());
    }
}
