package dev.pilothouse.run.serving;

import dev.pilothouse.kernel.Buckets;
import dev.pilothouse.platform.columns.Columns;
import dev.pilothouse.platform.columns.Signal;
import dev.pilothouse.platform.columns.Signal.Column;
import dev.pilothouse.run.openinference.Tensor;
import dev.pilothouse.run.openinference.TensorJson;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes sampled requests to the signal {@code inference_samples} for monitoring: {@code inputs} and {@code outputs} are
 * JSON arrays with one object per row, from tensor name to value (an array where a row has several). Never in a request's
 * way: samples wait in a bounded queue, and what does not fit is dropped and counted. Thread-safe.
 */
final class SampleLog implements AutoCloseable {
    static final String SIGNAL = "inference_samples";
    private static final Logger LOG = LoggerFactory.getLogger(SampleLog.class);
    private static final Duration RETENTION = Duration.ofDays(30);
    private static final int PER_APPEND = 512;
    /** Rows of one request that a sample holds at most. */
    private static final int MAX_ROWS = 256;

    /**
     * A request to log.
     *
     * @param at microseconds since the epoch
     * @param outputs empty where it failed
     */
    record Sample(
            LiveVariant variant,
            long at,
            String requestId,
            long latencyMicros,
            int status,
            List<Tensor> inputs,
            List<Tensor> outputs) {}

    private final Columns columns;
    private final InstantSource clock;
    private final ArrayBlockingQueue<Sample> waiting;
    private final Counter dropped;
    private final Thread writer;
    private volatile boolean closing;

    SampleLog(Columns columns, MeterRegistry meters, InstantSource clock, int queue) {
        this.columns = columns;
        this.clock = clock;
        this.waiting = new ArrayBlockingQueue<>(queue);
        this.dropped = Counter.builder("pilothouse.inference.samples.dropped")
                .description("Samples that did not fit the queue or could not be written")
                .register(meters);
        columns.define(
                new Signal(
                        SIGNAL,
                        List.of(
                                new Column("request_id", Signal.Type.TEXT),
                                new Column("endpoint", Signal.Type.TEXT),
                                new Column("release", Signal.Type.TEXT),
                                new Column("version", Signal.Type.TEXT),
                                new Column("shadow", Signal.Type.BOOLEAN),
                                new Column("latency_us", Signal.Type.LONG),
                                new Column("status", Signal.Type.LONG),
                                new Column("inputs", Signal.Type.TEXT),
                                new Column("outputs", Signal.Type.TEXT))),
                RETENTION);
        this.writer = Thread.ofVirtual().name("inference-samples").start(this::write);
    }

    /** Whether requests of this id are logged at this rate; the same for a request and its shadow. */
    static boolean takes(String requestId, double rate) {
        return rate > 0 && (rate >= 1 || Buckets.fraction(requestId) < rate);
    }

    void add(
            LiveVariant variant,
            String requestId,
            long nanos,
            int status,
            List<Tensor> inputs,
            @Nullable List<Tensor> outputs) {
        long at = clock.millis() * 1_000;
        var sample = new Sample(
                variant, at, requestId, nanos / 1_000, status, inputs, outputs == null ? List.of() : outputs);
        if (closing || !waiting.offer(sample)) {
            dropped.increment();
        }
    }

    private void write() {
        List<Sample> batch = new ArrayList<>();
        try {
            while (!closing || !waiting.isEmpty()) {
                batch.add(waiting.take());
                waiting.drainTo(batch, PER_APPEND - 1);
                append(batch);
                batch.clear();
            }
        } catch (InterruptedException e) {
            waiting.drainTo(batch);
            append(batch);
        }
    }

    private void append(List<Sample> batch) {
        Map<String, List<Columns.Row>> byTenant = new LinkedHashMap<>();
        for (Sample sample : batch) {
            byTenant.computeIfAbsent(sample.variant.endpoint().tenant(), t -> new ArrayList<>())
                    .add(row(sample));
        }
        byTenant.forEach((tenant, rows) -> {
            try {
                CompletableFuture<Void> written = columns.append(tenant, SIGNAL, rows);
                written.join();
            } catch (CompletionException | IllegalStateException | dev.pilothouse.kernel.PilothouseException e) {
                dropped.increment(rows.size());
                LOG.warn("{} inference samples could not be written", rows.size(), e);
            }
        });
    }

    private static Columns.Row row(Sample sample) {
        LiveVariant variant = sample.variant;
        return new Columns.Row(
                sample.at,
                sample.requestId,
                variant.endpoint().name(),
                variant.endpoint().release(),
                variant.version(),
                variant.shadow(),
                sample.latencyMicros,
                (long) sample.status,
                TensorJson.rows(sample.inputs, MAX_ROWS),
                TensorJson.rows(sample.outputs, MAX_ROWS));
    }

    /** Writes what waits, then ends. */
    @Override
    public void close() {
        closing = true;
        writer.interrupt();
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
