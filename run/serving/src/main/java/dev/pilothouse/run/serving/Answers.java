package dev.pilothouse.run.serving;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.run.openinference.DataType;
import dev.pilothouse.run.openinference.Tensor;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What an endpoint answered lately, by request id and by the client's own id, so that true labels that come back later
 * find the version that answered. A ring: the oldest answer goes when a new one comes. Thread-safe.
 */
final class Answers {
    private final AtomicReferenceArray<@Nullable Entry> ring;
    private final AtomicLong position = new AtomicLong();
    private final Map<String, Entry> byId = new ConcurrentHashMap<>();

    private final RecentValues latencies = new RecentValues();

    /** How long the last answers took. */
    RecentValues latencies() {
        return latencies;
    }

    Answers(int size) {
        ring = new AtomicReferenceArray<>(size);
    }

    /**
     * Remembers an answer.
     *
     * @param clientId the client's own id, or empty
     * @param labels where labels are counted
     */
    Entry remember(String requestId, String clientId, Labels labels, List<Tensor> outputs) {
        var entry = new Entry(requestId, clientId, new Answer(labels, outputs));
        int slot = (int) (position.getAndIncrement() % ring.length());
        Entry oldest = ring.getAndSet(slot, entry);
        if (oldest != null) {
            byId.remove(oldest.requestId, oldest);
            byId.remove(oldest.clientId, oldest);
        }
        byId.put(requestId, entry);
        if (!clientId.isEmpty() && !clientId.equals(requestId)) {
            byId.put(clientId, entry);
        }
        return entry;
    }

    /** Joins a label; false where the request is not remembered. A request takes one label only; further ones are dropped. */
    boolean label(String id, String output, String label) {
        Entry entry = byId.get(id);
        if (entry == null) {
            return false;
        }
        entry.label(output, label);
        return true;
    }

    /** One variant's predictions for one request. */
    private static final class Answer {
        private final Labels labels;
        private final String[] names;
        private final @Nullable Object[] values;

        Answer(Labels labels, List<Tensor> outputs) {
            this.labels = labels;
            this.names = new String[outputs.size()];
            this.values = new @Nullable Object[outputs.size()];
            for (int i = 0; i < names.length; i++) {
                Tensor output = outputs.get(i);
                names[i] = output.name();
                if (output.count() == 1) {
                    // Texts are made only when a label comes, which for most answers is never.
                    values[i] = output.type() == DataType.FP32
                            ? (Object) output.data().getFloat(0)
                            : output.element(0);
                }
            }
        }

        @Nullable
        Object prediction(String output) {
            for (int i = 0; i < names.length; i++) {
                if (output.isEmpty() ? values[i] != null : names[i].equals(output)) {
                    return values[i];
                }
            }
            return null;
        }

        void count(String output, String label) {
            Object prediction = prediction(output);
            if (prediction != null) {
                labels.count(prediction, label);
            }
        }
    }

    /** One answered request. */
    static final class Entry {
        private final String requestId;
        private final String clientId;
        private final Answer answer;
        private @Nullable Answer shadow;
        private @Nullable String output;
        private @Nullable String label;

        private Entry(String requestId, String clientId, Answer answer) {
            this.requestId = requestId;
            this.clientId = clientId;
            this.answer = answer;
        }

        private synchronized void label(String wanted, String text) {
            if (label != null) {
                return;
            }
            if (answer.prediction(wanted) == null) {
                throw CommonError.INVALID.because("The answer to request '" + requestId + "' has no single value in "
                        + (wanted.isEmpty() ? "any output" : "output '" + wanted + "'") + "; its outputs are "
                        + String.join(", ", answer.names) + ". Send labels for requests of one row.");
            }
            output = wanted;
            label = text;
            answer.count(wanted, text);
            if (shadow != null) {
                shadow.count(wanted, text);
            }
        }

        /** Adds the shadow's answer to the same request, which may come after the label. */
        synchronized void shadowed(Labels labels, List<Tensor> outputs) {
            shadow = new Answer(labels, outputs);
            if (label != null && output != null) {
                shadow.count(output, label);
            }
        }
    }
}
