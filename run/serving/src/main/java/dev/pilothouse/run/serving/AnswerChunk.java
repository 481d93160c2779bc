package dev.pilothouse.run.serving;

import dev.pilothouse.run.openinference.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A stretch of the ring of {@link Answers}, and whose answers its records hold. Guarded by the ring. */
final class AnswerChunk {
    /** Bytes of one. */
    static final int LENGTH = 1 << 16;

    /** Sources of one. */
    static final int SOURCES = 255;

    /** Whose answers a record holds. */
    record Source(Labels labels, String[] names) {
        boolean gave(Labels others, List<Tensor> outputs) {
            boolean same = labels.equals(others) && names.length == outputs.size();
            for (int i = 0; same && i < names.length; i++) {
                same = names[i].equals(outputs.get(i).name());
            }
            return same;
        }
    }

    final ByteBuffer bytes = ByteBuffer.allocate(LENGTH);
    final List<Source> sources = new ArrayList<>(2);
    /** Where the answers to requests begin. */
    int[] offsets = new int[64];

    int answers;

    void clear() {
        bytes.clear();
        sources.clear();
        answers = 0;
    }

    void answerAt(int offset) {
        if (answers == offsets.length) {
            offsets = Arrays.copyOf(offsets, 2 * answers);
        }
        offsets[answers++] = offset;
    }

    void text(byte[] text) {
        bytes.putChar((char) text.length).put(text);
    }

    int source(Labels labels, List<Tensor> outputs) {
        for (int i = 0; i < sources.size(); i++) {
            if (sources.get(i).gave(labels, outputs)) {
                return i;
            }
        }
        sources.add(new Source(labels, outputs.stream().map(Tensor::name).toArray(String[]::new)));
        return sources.size() - 1;
    }
}
