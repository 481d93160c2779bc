package dev.pilothouse.run.llm;

import java.util.Arrays;

/**
 * Cuts a stream of server-sent events into events, without decoding them. An event ends with an empty line, whose line ends may be
 * {@code \n} or {@code \r\n} (WHATWG HTML, section 9.2.5). For one thread.
 */
public final class SseReader {
    /** Takes whole events. */
    @FunctionalInterface
    public interface Sink {
        /** An event with its empty line, at {@code [from, to)}; the array is only lent. */
        void event(byte[] bytes, int from, int to);
    }

    private final int longest;
    private byte[] held = new byte[1024];
    private int length;
    /** Up to where no end of an event was found. */
    private int searched;

    /**
     * Nothing yet.
     *
     * @param longest bytes of one event at most
     */
    public SseReader(int longest) {
        this.longest = longest;
    }

    /**
     * Takes bytes as they come.
     *
     * @throws IllegalStateException where an event is longer than allowed
     */
    public void feed(byte[] bytes, Sink sink) {
        if (length + bytes.length > held.length) {
            held = Arrays.copyOf(held, Math.max(length + bytes.length, held.length * 2));
        }
        System.arraycopy(bytes, 0, held, length, bytes.length);
        length += bytes.length;
        int from = 0;
        int at = searched;
        while (at < length) {
            int end = endOfEvent(at);
            if (end > 0) {
                sink.event(held, from, end);
                from = end;
                at = end;
            } else {
                at++;
            }
        }
        length -= from;
        System.arraycopy(held, from, held, 0, length);
        // The last bytes may be the begin of an end.
        searched = Math.max(0, length - 3);
        if (length > longest) {
            throw new IllegalStateException("An event is longer than " + longest + " bytes");
        }
    }

    /** Behind the empty line that begins at the line end here; 0 where there is none. */
    private int endOfEvent(int at) {
        int second = lineEnd(at);
        return second == 0 ? 0 : lineEnd(second);
    }

    private int lineEnd(int at) {
        if (at >= length) {
            return 0;
        }
        if (held[at] == '\n') {
            return at + 1;
        }
        return held[at] == '\r' && at + 1 < length && held[at + 1] == '\n' ? at + 2 : 0;
    }
}
