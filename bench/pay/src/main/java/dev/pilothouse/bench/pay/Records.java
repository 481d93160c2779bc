package dev.pilothouse.bench.pay;

import dev.pilothouse.bench.measure.Api;
import dev.pilothouse.bench.measure.Report;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** The records of a server beside the provider's invoice. Stateless. */
final class Records {
    private static final int OPEN_SECONDS = 20;
    private static final int MOVE_SECONDS = 60;

    private Records() {}

    /**
     * Calls of {@link Simulator#MINI} on the invoice that are no record, wherever their clients went meanwhile, or records that
     * are no call; waits until the records have been moved, a minute at most.
     */
    static long lost(Api api, Simulator simulator, Report report) throws IOException, InterruptedException {
        long sent = simulator
                .closedInvoice(OPEN_SECONDS)
                .path("models")
                .path(Simulator.MINI)
                .path("calls")
                .longValue();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOVE_SECONDS);
        long kept = 0;
        while (kept < sent && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(500);
            kept = api.call("GET", "/api/v1/usage/summary", "")
                    .path("total")
                    .path("calls")
                    .longValue();
        }
        report.say("%d calls, %d records", sent, kept);
        return Math.abs(sent - kept);
    }
}
