package dev.pilothouse.run.serving;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.run.openinference.DataType;
import dev.pilothouse.run.openinference.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an endpoint answered lately, by request id and by the client's own id, so that true labels that come back later
 * find the version that answered. A ring: the oldest answers go when new ones come. Thread-safe.
 *
 * <p>Answers are kept as bytes in chunks and not as objects, because hundreds of thousands of small objects that live for a
 * few seconds are what makes a garbage collector stop all requests for tens of milliseconds. Ids longer than 1,024 bytes,
 * and answers whose single values take more than 8 KiB, are not remembered.
 */
final class Answers {
    /** What {@link #remember} gives where nothing was remembered. */
    static final long FORGOTTEN = -1;

    private static final int CHUNK_BITS = 16;
    private static final int CHUNK = AnswerChunk.LENGTH;
    /** 32 MiB at most. */
    private static final int CHUNKS = 512;

    private static final byte[] NO_TEXT = {};
    private static final int LONGEST_TEXT = 1_024;
    private static final int LONGEST_RECORD = 8 << 10;

    private final int capacity;
    private final @Nullable AnswerChunk[] ring = new @Nullable AnswerChunk[CHUNKS];
    private final TicketsById byId = new TicketsById();
    private final RecentValues latencies = new RecentValues();
    /** A chunk that was forgotten, for the next that is needed, so that no more take memory than answers are remembered in. */
    private @Nullable AnswerChunk spare;
    /** Numbers of the oldest and of the newest chunk; a number is never used twice. */
    private long oldest;

    private long newest;
    private int remembered;

    /**
     * Remembers nothing yet.
     *
     * @param capacity answers at least until the oldest goes, if 32 MiB hold them
     */
    Answers(int capacity) {
        this.capacity = capacity;
        ring[0] = new AnswerChunk();
    }

    /** How long the last answers took. */
    RecentValues latencies() {
        return latencies;
    }

    /**
     * Remembers an answer.
     *
     * @param clientId the client's own id, or empty
     * @param labels where labels are counted
     * @return the ticket for {@link #shadowed}, or {@link #FORGOTTEN}
     */
    synchronized long remember(String requestId, String clientId, Labels labels, List<Tensor> outputs) {
        byte[] request = requestId.getBytes(StandardCharsets.UTF_8);
        byte[] client = clientId.equals(requestId) ? NO_TEXT : clientId.getBytes(StandardCharsets.UTF_8);
        if (request.length > LONGEST_TEXT) {
            return FORGOTTEN;
        }
        if (client.length > LONGEST_TEXT) {
            client = NO_TEXT;
        }
        int length = Answer.HEADER + 2 + request.length + 2 + client.length + Values.length(outputs);
        long ticket = append(length, labels, outputs);
        if (ticket != FORGOTTEN) {
            AnswerChunk chunk = chunk(ticket);
            chunk.text(request);
            chunk.text(client);
            Values.write(outputs, chunk.bytes);
            chunk.answerAt(offset(ticket));
            remembered++;
            byId.put(request, ticket);
            if (client.length > 0) {
                byId.put(client, ticket);
            }
        }
        return ticket;
    }

    /** Adds the shadow's answer to the same request, which may come after the label. */
    synchronized void shadowed(long ticket, Labels labels, List<Tensor> outputs) {
        if (!isKept(ticket)) {
            return;
        }
        long shadow = append(Answer.HEADER + 4 + Values.length(outputs), labels, outputs);
        if (shadow == FORGOTTEN) {
            return;
        }
        chunk(shadow).text(NO_TEXT);
        chunk(shadow).text(NO_TEXT);
        Values.write(outputs, chunk(shadow).bytes);
        // To make room for the shadow's answer may have taken that of the request.
        if (!isKept(ticket)) {
            return;
        }
        var answer = new Answer(ticket);
        answer.link(Answer.SHADOW, shadow);
        long label = answer.link(Answer.LABEL);
        if (label != FORGOTTEN) {
            ByteBuffer said = at(label, 0);
            String output = text(said);
            new Answer(shadow).count(output, text(said));
        }
    }

    /** Joins a label; false where the request is not remembered. A request takes one label only; further ones are dropped. */
    synchronized boolean label(String id, String output, String label) {
        byte[] key = id.getBytes(StandardCharsets.UTF_8);
        long ticket = byId.get(key);
        if (ticket == FORGOTTEN) {
            return false;
        }
        var answer = new Answer(ticket);
        if (answer.isLabelled()) {
            return true;
        }
        if (answer.prediction(output) == null) {
            throw CommonError.INVALID.because("The answer to request '" + id + "' has no single value in "
                    + (output.isEmpty() ? "any output" : "output '" + output + "'")
                    + "; its outputs are " + String.join(", ", answer.source().names())
                    + ". Send labels for requests of one row.");
        }
        answer.setLabelled();
        answer.count(output, label);
        long shadow = answer.link(Answer.SHADOW);
        if (shadow != FORGOTTEN) {
            new Answer(shadow).count(output, label);
            return true;
        }
        byte[] wanted = output.getBytes(StandardCharsets.UTF_8);
        byte[] text = label.getBytes(StandardCharsets.UTF_8);
        if (wanted.length <= LONGEST_TEXT && text.length <= LONGEST_TEXT) {
            long said = room(2 + wanted.length + 2 + text.length);
            chunk(said).text(wanted);
            chunk(said).text(text);
            if (isKept(ticket)) {
                answer.link(Answer.LABEL, said);
            }
        }
        return true;
    }

    /** Begins a record with its header; the caller writes the rest of its length. */
    private long append(int length, Labels labels, List<Tensor> outputs) {
        if (length > LONGEST_RECORD) {
            return FORGOTTEN;
        }
        long ticket = room(length);
        AnswerChunk chunk = chunk(ticket);
        int source = chunk.source(labels, outputs);
        chunk.bytes.put((byte) source).put((byte) 0).putLong(FORGOTTEN).putLong(FORGOTTEN);
        return ticket;
    }

    /** Where a record of that length begins; older ones may go for it. */
    private long room(int length) {
        AnswerChunk chunk = chunk(newest << CHUNK_BITS);
        if (chunk.bytes.remaining() < length || chunk.sources.size() == AnswerChunk.SOURCES) {
            newest++;
            if (newest - oldest == CHUNKS) {
                forgetOldest();
            }
            chunk = slot(newest);
            chunk.clear();
        }
        while (oldest < newest && remembered - slot(oldest).answers >= capacity) {
            forgetOldest();
        }
        return newest << CHUNK_BITS | chunk.bytes.position();
    }

    private void forgetOldest() {
        AnswerChunk chunk = slot(oldest);
        for (int i = 0; i < chunk.answers; i++) {
            var answer = new Answer(oldest << CHUNK_BITS | chunk.offsets[i]);
            byId.remove(answer.request(), answer.ticket);
            byId.remove(answer.client(), answer.ticket);
        }
        remembered -= chunk.answers;
        chunk.clear();
        ring[index(oldest)] = null;
        spare = chunk;
        oldest++;
    }

    private boolean isKept(long ticket) {
        return ticket != FORGOTTEN && ticket >> CHUNK_BITS >= oldest;
    }

    private AnswerChunk slot(long number) {
        int index = index(number);
        AnswerChunk chunk = ring[index];
        if (chunk == null) {
            chunk = spare == null ? new AnswerChunk() : spare;
            spare = null;
            ring[index] = chunk;
        }
        return chunk;
    }

    private static int index(long number) {
        return (int) (number % CHUNKS);
    }

    /** Chunks that take memory, of 64 KiB each. */
    synchronized int chunks() {
        return (int) Arrays.stream(ring).filter(Objects::nonNull).count() + (spare == null ? 0 : 1);
    }

    private AnswerChunk chunk(long ticket) {
        return slot(ticket >> CHUNK_BITS);
    }

    private static int offset(long ticket) {
        return (int) ticket & (CHUNK - 1);
    }

    /** A reader's own view of the bytes from there. */
    private ByteBuffer at(long ticket, int skip) {
        return chunk(ticket).bytes.duplicate().position(offset(ticket) + skip).limit(CHUNK);
    }

    private static byte[] bytes(ByteBuffer from) {
        byte[] text = new byte[from.getChar()];
        from.get(text);
        return text;
    }

    private static String text(ByteBuffer from) {
        return new String(bytes(from), StandardCharsets.UTF_8);
    }

    /** A record: the answer to a request, or the shadow's to the same, which has no ids. */
    private final class Answer {
        /** Source, whether a label came, the tickets of the shadow's answer and of the label. */
        static final int HEADER = 18;

        static final int SHADOW = 2;
        static final int LABEL = 10;

        final long ticket;
        private final ByteBuffer all;
        private final int start;

        Answer(long ticket) {
            this.ticket = ticket;
            this.all = chunk(ticket).bytes;
            this.start = offset(ticket);
        }

        AnswerChunk.Source source() {
            return chunk(ticket).sources.get(Byte.toUnsignedInt(all.get(start)));
        }

        boolean isLabelled() {
            return all.get(start + 1) != 0;
        }

        void setLabelled() {
            all.put(start + 1, (byte) 1);
        }

        long link(int which) {
            return all.getLong(start + which);
        }

        void link(int which, long to) {
            all.putLong(start + which, to);
        }

        byte[] request() {
            return bytes(at(ticket, HEADER));
        }

        byte[] client() {
            ByteBuffer from = at(ticket, HEADER);
            bytes(from);
            return bytes(from);
        }

        boolean isCalled(byte[] id) {
            return Arrays.equals(request(), id) || Arrays.equals(client(), id);
        }

        /** The value of an output, or of the first that has a single one. */
        @Nullable
        Object prediction(String output) {
            ByteBuffer from = at(ticket, HEADER);
            bytes(from);
            bytes(from);
            for (String name : source().names()) {
                Object value = Values.read(from);
                if (output.isEmpty() ? value != null : name.equals(output)) {
                    return value;
                }
            }
            return null;
        }

        void count(String output, String label) {
            Object prediction = prediction(output);
            if (prediction != null) {
                source().labels().count(prediction, label);
            }
        }
    }

    /** Outputs as bytes: those that are a single value, each after a byte that tells its kind. */
    private static final class Values {
        private Values() {}

        static int length(List<Tensor> outputs) {
            int length = 0;
            for (Tensor output : outputs) {
                length += 1 + (output.count() != 1 ? 0 : output.type() == DataType.BYTES ? 2 + text(output).length : 8);
            }
            return length;
        }

        private static byte[] text(Tensor output) {
            return output.element(0).toString().getBytes(StandardCharsets.UTF_8);
        }

        static void write(List<Tensor> outputs, ByteBuffer to) {
            for (Tensor output : outputs) {
                if (output.count() != 1) {
                    to.put((byte) 0);
                } else if (output.type() == DataType.FP32) {
                    // Not as an element, which is made through a text.
                    to.put((byte) 'F').putFloat(output.data().getFloat(0));
                } else {
                    write(output, to);
                }
            }
        }

        private static void write(Tensor output, ByteBuffer to) {
            switch (output.element(0)) {
                case Double number -> to.put((byte) 'D').putDouble(number);
                case Long number -> to.put((byte) 'L').putLong(number);
                case Boolean yes -> to.put((byte) (yes ? 'Y' : 'N'));
                case Object text -> {
                    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
                    to.put((byte) 'T').putChar((char) bytes.length).put(bytes);
                }
            }
        }

        static @Nullable Object read(ByteBuffer from) {
            return switch (from.get()) {
                case 'F' -> from.getFloat();
                case 'D' -> from.getDouble();
                case 'L' -> from.getLong();
                case 'Y' -> true;
                case 'N' -> false;
                case 'T' -> Answers.text(from);
                default -> null;
            };
        }
    }

    /** Tickets of answers by their ids: a hash table with linear probing that keeps no ids, since the answers have them. */
    private final class TicketsById {
        private int[] hashes = new int[1_024];
        private long[] tickets = empty(hashes.length);
        private int size;

        private static long[] empty(int length) {
            long[] all = new long[length];
            Arrays.fill(all, FORGOTTEN);
            return all;
        }

        long get(byte[] id) {
            return tickets[find(id)];
        }

        /** An id that came before now means the newer answer. */
        void put(byte[] id, long ticket) {
            int at = find(id);
            if (tickets[at] == FORGOTTEN) {
                size++;
            }
            hashes[at] = hash(id);
            tickets[at] = ticket;
            if (size * 2 > tickets.length) {
                grow();
            }
        }

        /** Forgets an id, unless it means another answer by now. */
        void remove(byte[] id, long ticket) {
            int mask = tickets.length - 1;
            int gap = hash(id) & mask;
            while (tickets[gap] != ticket || hashes[gap] != hash(id)) {
                if (tickets[gap] == FORGOTTEN) {
                    return;
                }
                gap = (gap + 1) & mask;
            }
            // Those behind move up, where that does not put them before their own place.
            for (int next = (gap + 1) & mask; tickets[next] != FORGOTTEN; next = (next + 1) & mask) {
                if (((next - hashes[next]) & mask) >= ((next - gap) & mask)) {
                    tickets[gap] = tickets[next];
                    hashes[gap] = hashes[next];
                    gap = next;
                }
            }
            tickets[gap] = FORGOTTEN;
            size--;
        }

        private int find(byte[] id) {
            int mask = tickets.length - 1;
            int at = hash(id) & mask;
            while (tickets[at] != FORGOTTEN && (hashes[at] != hash(id) || !new Answer(tickets[at]).isCalled(id))) {
                at = (at + 1) & mask;
            }
            return at;
        }

        private void grow() {
            int[] oldHashes = hashes;
            long[] oldTickets = tickets;
            hashes = new int[2 * oldHashes.length];
            tickets = empty(hashes.length);
            int mask = tickets.length - 1;
            for (int i = 0; i < oldTickets.length; i++) {
                if (oldTickets[i] != FORGOTTEN) {
                    int at = oldHashes[i] & mask;
                    while (tickets[at] != FORGOTTEN) {
                        at = (at + 1) & mask;
                    }
                    hashes[at] = oldHashes[i];
                    tickets[at] = oldTickets[i];
                }
            }
        }

        /** {@link Arrays#hashCode(byte[])}, finished as in MurmurHash3 (Appleby 2011) because tables use its low bits. */
        private static int hash(byte[] id) {
            int h = Arrays.hashCode(id);
            h = (h ^ (h >>> 16)) * 0x85ebca6b;
            h = (h ^ (h >>> 13)) * 0xc2b2ae35;
            return h ^ (h >>> 16);
        }
    }
}
