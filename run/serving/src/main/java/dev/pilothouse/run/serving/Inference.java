package dev.pilothouse.run.serving;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.openinference.InferRequest;
import dev.pilothouse.run.openinference.InferResult;
import dev.pilothouse.run.openinference.ServedModel;
import dev.pilothouse.run.openinference.ServingError;
import dev.pilothouse.run.openinference.Tensor;
import dev.pilothouse.run.serving.LiveVariant.Way;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of one request, whatever protocol it came by: choose the variant, hold its model, run, count, remember, answer; then,
 * out of the client's way, log a sample and send the copy to the shadow. Thread-safe, never blocks.
 */
final class Inference {
    private static final Logger LOG = LoggerFactory.getLogger(Inference.class);

    /**
     * A request to answer.
     *
     * @param version version to pin, empty to let the split decide
     * @param traceparent W3C trace context, for servers behind us
     * @param key sticky key from the transport, empty where there is none
     * @param started {@link System#nanoTime} at which it came
     * @param executor where the answer is completed: the client's event loop, or another thread for big answers
     */
    record Ask(
            String tenant,
            String model,
            String version,
            String requestId,
            String traceparent,
            String key,
            InferRequest request,
            long started,
            Executor executor) {}

    /**
     * What became of a request: a result, or a refusal.
     *
     * @param variant the variant that answered or failed; null where none was found
     */
    record Outcome(
            @Nullable LiveVariant variant,
            @Nullable InferResult result,
            @Nullable PilothouseException refusal) {}

    private record Admitted(LiveEndpoint endpoint, LiveVariant variant, Way way) {}

    private final RoutingTable table;
    private final SampleLog samples;
    private final long deadlineNanos;

    Inference(RoutingTable table, SampleLog samples, ServingConfig config) {
        this.table = table;
        this.samples = samples;
        this.deadlineNanos = config.deadline().toNanos();
    }

    /** Answers a request; the future never fails. */
    CompletableFuture<Outcome> infer(Ask ask) {
        Admitted admitted;
        try {
            admitted = admit(ask);
        } catch (PilothouseException refusal) {
            return CompletableFuture.completedFuture(new Outcome(null, null, refusal));
        }
        LoadedModel loaded = admitted.variant.loaded();
        CompletableFuture<InferResult> run;
        try {
            // The holder of this request itself is in flight, too.
            if (loaded.inFlight() > admitted.variant.endpoint().maxConcurrency()) {
                throw ServingError.TOO_MANY_IN_FLIGHT.because("'" + ask.model + "' already has "
                        + admitted.variant.endpoint().maxConcurrency()
                        + " requests in flight, which is its limit. Try again, send less at once, or raise its"
                        + " concurrency.");
            }
            run = loaded.model.infer(ask.request, passage(ask, ask.started));
        } catch (RuntimeException failure) {
            run = CompletableFuture.failedFuture(failure);
        }
        var answer = new CompletableFuture<Outcome>();
        if (run.isCompletedExceptionally()) {
            finish(ask, admitted, null, run.exceptionNow(), answer);
        } else if (run.isDone()) {
            finish(ask, admitted, run.resultNow(), null, answer);
        } else {
            var _ = run.whenCompleteAsync(
                    (result, failure) -> finish(ask, admitted, result, failure, answer), ask.executor);
        }
        return answer;
    }

    private ServedModel.Passage passage(Ask ask, long started) {
        return new ServedModel.Passage(started + deadlineNanos, ask.requestId, ask.traceparent);
    }

    private Admitted admit(Ask ask) {
        while (true) {
            LiveEndpoint endpoint = table.require(ask.tenant, ask.model);
            Admitted found;
            if (ask.version.isEmpty()) {
                String routingKey = ask.request.routingKey();
                String key = !ask.key.isEmpty() ? ask.key : !routingKey.isEmpty() ? routingKey : ask.requestId;
                found = new Admitted(endpoint, endpoint.choose(key), Way.SPLIT);
            } else {
                found = new Admitted(endpoint, RoutingTable.pinned(endpoint, ask.version), Way.PINNED);
            }
            // Fails only where the table was swapped since: then look again.
            if (found.variant.loaded().hold()) {
                return found;
            }
            Thread.onSpinWait();
        }
    }

    private void finish(
            Ask ask,
            Admitted admitted,
            @Nullable InferResult result,
            @Nullable Throwable failure,
            CompletableFuture<Outcome> answer) {
        LiveVariant variant = admitted.variant;
        variant.loaded().release();
        long nanos = System.nanoTime() - ask.started;
        PilothouseException refusal = failure == null ? null : refusal(ask, failure);
        boolean theirFault = refusal != null && refusal.code().status() < 500;
        long remembered = Answers.FORGOTTEN;
        if (admitted.way == Way.SPLIT && !theirFault) {
            variant.counts().answered(refusal != null, variant.slow().exceededBy(nanos));
            if (result != null) {
                admitted.endpoint.answers().latencies().add(nanos);
                variant.loaded().latencies.add(nanos);
                remembered = admitted.endpoint
                        .answers()
                        .remember(ask.requestId, ask.request.id(), variant.labels(), result.outputs());
            }
        }
        variant.meters().record(admitted.way, refusal != null, nanos);
        answer.complete(new Outcome(variant, result == null ? null : asked(ask.request, result), refusal));
        if (admitted.way == Way.SPLIT && !theirFault) {
            afterwards(ask, admitted, result, refusal, nanos, remembered);
        }
    }

    private void afterwards(
            Ask ask,
            Admitted admitted,
            @Nullable InferResult result,
            @Nullable PilothouseException refusal,
            long nanos,
            long remembered) {
        boolean sampled =
                SampleLog.takes(ask.requestId, admitted.variant.endpoint().logSampleRate());
        if (sampled) {
            sample(admitted.variant, ask, nanos, result, refusal);
        }
        LiveVariant shadow = admitted.endpoint.shadow();
        if (shadow != null) {
            copy(ask, admitted.endpoint.answers(), shadow, sampled, remembered);
        }
    }

    private void sample(
            LiveVariant variant,
            Ask ask,
            long nanos,
            @Nullable InferResult result,
            @Nullable PilothouseException refusal) {
        int status = refusal == null ? 200 : refusal.code().status();
        samples.add(
                variant, ask.requestId, nanos, status, ask.request.inputs(), result == null ? null : result.outputs());
    }

    /** The client has its answer; nothing from here on reaches it. */
    private void copy(Ask ask, Answers answers, LiveVariant shadow, boolean sampled, long remembered) {
        if (!shadow.copies().tryAcquire()) {
            shadow.meters().droppedCopies().increment();
            return;
        }
        if (!shadow.loaded().hold()) {
            shadow.copies().release();
            return;
        }
        long started = System.nanoTime();
        CompletableFuture<InferResult> run;
        try {
            run = shadow.loaded().model.infer(ask.request, passage(ask, started));
        } catch (RuntimeException failure) {
            run = CompletableFuture.failedFuture(failure);
        }
        var _ = run.handle((result, failure) -> {
            shadow.loaded().release();
            shadow.copies().release();
            long nanos = System.nanoTime() - started;
            // The stable variant took this request, so a shadow that finds it wrong is at fault itself.
            PilothouseException refusal = failure == null ? null : refusal(ask, failure);
            shadow.counts().answered(refusal != null, shadow.slow().exceededBy(nanos));
            shadow.meters().record(Way.SHADOW, refusal != null, nanos);
            if (result != null) {
                answers.shadowed(remembered, shadow.labels(), result.outputs());
            }
            if (sampled) {
                sample(shadow, ask, nanos, result, refusal);
            }
            return null;
        });
    }

    private static InferResult asked(InferRequest request, InferResult result) {
        if (request.outputs().isEmpty() || result.remote() != null) {
            return result;
        }
        List<Tensor> chosen = new ArrayList<>(request.outputs().size());
        for (InferRequest.Requested wanted : request.outputs()) {
            Tensor tensor = Tensor.find(result.outputs(), wanted.name());
            if (tensor != null) {
                chosen.add(tensor);
            }
        }
        return new InferResult(chosen);
    }

    private static PilothouseException refusal(Ask ask, Throwable failure) {
        Throwable cause = failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
        if (cause instanceof PilothouseException refusal) {
            return refusal;
        }
        LOG.error("Request {} to '{}' failed by a fault of ours", ask.requestId, ask.model, cause);
        return ServingError.MODEL_FAILED.because(
                "'" + ask.model + "' failed by a fault inside Pilothouse; its log names request " + ask.requestId + ".",
                cause);
    }
}
