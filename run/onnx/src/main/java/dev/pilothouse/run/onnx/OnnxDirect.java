package dev.pilothouse.run.onnx;

import ai.onnxruntime.OrtException;
import dev.pilothouse.run.openinference.Tensor;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs brief models where the request is, on the client's event loop, while requests are few: to wake another thread and to be
 * woken by it costs several times what such a run does. Where many come, the model's thread takes them in batches, which costs
 * each less. A model is brief while the mean of its runs, the last ones weighing most, is below 200 us; one that no longer is
 * becomes brief again below 50 us. Requests are few while the mean time between two is above 80 us. Never run so are models whose
 * graph has loops, for nothing bounds the time of those, and large inputs. Thread-safe.
 */
final class OnnxDirect {
    private static final int LARGE_BYTES = 16 << 10;
    private static final long TOO_LONG_NANOS = 200_000;
    private static final long BRIEF_NANOS = 50_000;
    private static final long FEW_NANOS = 80_000;
    /** Longer times between requests count as this. */
    private static final long QUIET_NANOS = 1_000_000;
    /** The share of the newest value in a mean is 2 to the power of -this. */
    private static final int WEIGHT = 6;

    private final ArrayBlockingQueue<OnnxRunner> idle;
    /** Judged only once the model's threads have shown some runs. */
    private final AtomicLong meanNanos = new AtomicLong(TOO_LONG_NANOS);

    private final AtomicLong meanGap = new AtomicLong(QUIET_NANOS);
    private final AtomicLong lastCame = new AtomicLong(System.nanoTime());
    private final boolean loops;
    private volatile boolean brief;

    /**
     * @param loops whether the graph has loops
     */
    OnnxDirect(Supplier<OnnxRunner> runners, boolean loops) {
        int callers = Runtime.getRuntime().availableProcessors();
        this.idle = new ArrayBlockingQueue<>(callers);
        for (int i = 0; i < callers; i++) {
            idle.add(runners.get());
        }
        this.loops = loops;
    }

    /** Runs a request at once, or gives null where it is to wait for a thread of the model. */
    @Nullable
    List<Tensor> run(Tensor[] inputs) throws OrtException {
        long before = System.nanoTime();
        long gap = Math.clamp(before - lastCame.getAndSet(before), 0, QUIET_NANOS);
        boolean few = mean(meanGap, gap) > FEW_NANOS;
        if (!few || !brief || isLarge(inputs)) {
            return null;
        }
        OnnxRunner runner = idle.poll();
        if (runner == null) {
            return null;
        }
        try {
            return runner.run(List.<Tensor[]>of(inputs));
        } finally {
            took(System.nanoTime() - before);
            idle.add(runner);
        }
    }

    /** Takes note of how long a run lasted, wherever it was done; of one of several requests, the share of each. */
    void took(long nanos) {
        boolean is = !loops && mean(meanNanos, nanos) < (brief ? TOO_LONG_NANOS : BRIEF_NANOS);
        if (is != brief) {
            brief = is;
        }
    }

    private static long mean(AtomicLong of, long newest) {
        long before = of.get();
        long now = before + ((newest - before) >> WEIGHT);
        // Where two come at once, one of them is not looked at.
        of.compareAndSet(before, now);
        return now;
    }

    private static boolean isLarge(Tensor[] inputs) {
        int bytes = 0;
        for (Tensor input : inputs) {
            bytes += Math.min(LARGE_BYTES, input.rawLength());
        }
        return bytes >= LARGE_BYTES;
    }
}
