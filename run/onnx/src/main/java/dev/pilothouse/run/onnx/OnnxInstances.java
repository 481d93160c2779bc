package dev.pilothouse.run.onnx;

import ai.onnxruntime.OrtException;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.openinference.InferResult;
import dev.pilothouse.run.openinference.ServingError;
import dev.pilothouse.run.openinference.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The threads that run one model, where {@link OnnxDirect} does not. A thread takes whatever waits and runs it together as far as it fits; it never waits for
 * more to come, so that an idle server answers at once and a busy one works in batches. Where a batch fails, its requests
 * run again one by one, so that one bad request fails alone. Thread-safe.
 */
final class OnnxInstances {
    private static final Tensor[] NOTHING = {};

    /**
     * A request that waits.
     *
     * @param rows rows along the first dimension, or -1 where it runs alone
     */
    private record Job(Tensor[] inputs, int rows, long deadline, CompletableFuture<InferResult> answer) {
        boolean joins(Job other) {
            if (rows < 0 || other.rows < 0) {
                return false;
            }
            for (int i = 0; i < inputs.length; i++) {
                long[] a = inputs[i].shape();
                long[] b = other.inputs[i].shape();
                if (a.length != b.length || !Arrays.equals(a, 1, a.length, b, 1, b.length)) {
                    return false;
                }
            }
            return true;
        }
    }

    private final String label;
    private final OnnxDirect direct;
    private final ArrayBlockingQueue<Job> waiting;
    private final int maxBatch;
    private final List<Thread> threads = new ArrayList<>();

    /**
     * @param loops whether the model's graph has loops
     */
    OnnxInstances(String label, Supplier<OnnxRunner> runners, boolean loops, OnnxConfig config) {
        this.label = label;
        this.direct = new OnnxDirect(runners, loops);
        this.waiting = new ArrayBlockingQueue<>(config.queueLimit());
        this.maxBatch = config.maxBatch();
        for (int i = 0; i < config.instances(); i++) {
            OnnxRunner runner = runners.get();
            threads.add(
                    Thread.ofPlatform().daemon().name("onnx-" + i + " " + label).start(() -> serve(runner)));
        }
    }

    /** Runs a request: at once where the model is brief and requests are few, else on one of the threads. */
    CompletableFuture<InferResult> submit(Tensor[] inputs, int rows, long deadline) {
        try {
            List<Tensor> outputs = direct.run(inputs);
            if (outputs != null) {
                return CompletableFuture.completedFuture(new InferResult(outputs));
            }
        } catch (OrtException | RuntimeException e) {
            return CompletableFuture.failedFuture(failure(e));
        }
        var job = new Job(inputs, rows, deadline, new CompletableFuture<>());
        if (!waiting.offer(job)) {
            throw ServingError.OVERLOADED.because(label + " has " + waiting.size()
                    + " requests waiting, which is its limit. Try again later, or give it more replicas.");
        }
        return job.answer;
    }

    private void serve(OnnxRunner runner) {
        List<Job> batch = new ArrayList<>();
        Job next = null;
        try {
            while (true) {
                Job first = next == null ? waiting.take() : next;
                if (first.inputs.length == 0) {
                    return;
                }
                batch.add(first);
                next = fill(batch);
                long now = System.nanoTime();
                batch.removeIf(job -> tooLate(job, now));
                if (!batch.isEmpty()) {
                    run(runner, batch);
                    direct.took((System.nanoTime() - now) / batch.size());
                }
                batch.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes what fits; returns a request that does not and therefore starts the next batch. */
    private @Nullable Job fill(List<Job> batch) {
        Job first = batch.getFirst();
        int rows = first.rows;
        while (rows >= 0 && rows < maxBatch) {
            Job other = waiting.poll();
            if (other == null) {
                return null;
            }
            if (!other.joins(first) || rows + other.rows > maxBatch) {
                return other;
            }
            batch.add(other);
            rows += other.rows;
        }
        return null;
    }

    private boolean tooLate(Job job, long now) {
        if (now - job.deadline < 0) {
            return false;
        }
        job.answer.completeExceptionally(ServingError.DEADLINE_EXCEEDED.because(label
                + " did not come to this request before its deadline. Send less at once, or give it more replicas."));
        return true;
    }

    private void run(OnnxRunner runner, List<Job> batch) {
        if (batch.size() > 1) {
            try {
                split(batch, runner.run(batch.stream().map(Job::inputs).toList()));
                return;
            } catch (OrtException | RuntimeException e) {
                // One of them is to blame; alone, each fails or succeeds by itself.
            }
        }
        for (Job job : batch) {
            try {
                job.answer.complete(new InferResult(runner.run(List.<Tensor[]>of(job.inputs))));
            } catch (OrtException | RuntimeException e) {
                job.answer.completeExceptionally(failure(e));
            }
        }
    }

    private static void split(List<Job> batch, List<Tensor> outputs) throws OrtException {
        long rows = batch.stream().mapToLong(Job::rows).sum();
        for (Tensor output : outputs) {
            if (output.shape().length == 0 || output.shape()[0] != rows) {
                throw new OrtException("The model does not keep rows apart");
            }
        }
        int from = 0;
        for (Job job : batch) {
            List<Tensor> part = new ArrayList<>(outputs.size());
            for (Tensor output : outputs) {
                part.add(output.slice(from, job.rows));
            }
            from += job.rows;
            job.answer.complete(new InferResult(part));
        }
    }

    private PilothouseException failure(Exception e) {
        if (e instanceof PilothouseException refusal) {
            return refusal;
        }
        return ServingError.MODEL_FAILED.because(
                label + " failed on this request: " + OnnxLoader.words(e)
                        + ". Its inputs fit the model's signature; look" + " at their values.",
                e);
    }

    /** Ends the threads after what waits. */
    void close() {
        boolean interrupted = false;
        for (int i = 0; i < threads.size(); i++) {
            interrupted |= !offerEnd();
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean offerEnd() {
        try {
            waiting.put(new Job(NOTHING, -1, Long.MAX_VALUE, new CompletableFuture<>()));
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }
}
