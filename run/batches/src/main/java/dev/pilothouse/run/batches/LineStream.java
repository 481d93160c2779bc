package dev.pilothouse.run.batches;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.UnaryOperator;

/** A file of JSON lines, each of which is made another while it is read. For one thread. */
final class LineStream extends InputStream {
    private static final byte[] END = {};

    private final InputStream content;
    private final Lines lines;
    private final UnaryOperator<byte[]> change;
    private byte[] line = END;
    private int at;

    /**
     * @param change of a line without its end, to one with it
     */
    LineStream(InputStream content, UnaryOperator<byte[]> change) {
        this.content = content;
        this.lines = new Lines(content);
        this.change = change;
    }

    private boolean more() {
        if (at == line.length) {
            line = lines.next().map(change).orElse(END);
            at = 0;
        }
        return line.length > 0;
    }

    @Override
    public int read() {
        return more() ? line[at++] & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int from, int length) {
        if (length == 0 || !more()) {
            return length == 0 ? 0 : -1;
        }
        int some = Math.min(length, line.length - at);
        System.arraycopy(line, at, into, from, some);
        at += some;
        return some;
    }

    @Override
    public void close() throws IOException {
        content.close();
    }
}
