package dev.pilothouse.platform.archive;

import dev.pilothouse.kernel.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Optional;

/** An archive, made part by part while it is read. Not thread-safe. */
public final class ArchiveStream extends InputStream {
    /** Where the parts come from. */
    public interface Source extends AutoCloseable {
        /** The next part, made now; empty after the last. Its content is read to its end, then closed. */
        Optional<Part> next() throws IOException;

        /** Lets go of what the parts were made from; called once. */
        @Override
        void close() throws IOException;
    }

    private final Source source;
    private final Index index = new Index();
    private final MessageDigest digest = Digest.sha256();
    /** The part being read; index and end are noted nowhere. */
    private Part part = Part.of("none", new byte[0]);

    private boolean noted;
    private long left;
    private InputStream around = InputStream.nullInputStream();
    private State state = State.BETWEEN;
    private boolean sourceEnded;
    private boolean closed;

    private enum State {
        /** Header or padding is being given; then comes the content, or the next part. */
        BETWEEN,
        CONTENT,
        TRAILER,
        DONE
    }

    /** An archive of the source's parts. Closing it closes the source. */
    public ArchiveStream(Source source) {
        this.source = source;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (true) {
            int n = around.read(into, offset, length);
            if (n > 0) {
                return n;
            }
            switch (state) {
                case BETWEEN -> begin();
                case CONTENT -> {
                    if (left > 0) {
                        return content(into, offset, length);
                    }
                    end();
                }
                case TRAILER -> {
                    around = new ByteArrayInputStream(new byte[2 * TarHeader.BLOCK]);
                    state = State.DONE;
                }
                case DONE -> {
                    return -1;
                }
            }
        }
    }

    private void begin() throws IOException {
        Optional<Part> next = index.size() < Index.LINES && !sourceEnded ? source.next() : Optional.empty();
        sourceEnded |= next.isEmpty() && index.size() < Index.LINES;
        noted = next.isPresent();
        if (noted) {
            part = next.orElseThrow();
        } else if (index.size() > 0) {
            String name = index.nextName();
            part = Part.of(name, index.take());
        } else {
            part = Part.of(Index.END, index.end());
        }
        left = part.length();
        around = new ByteArrayInputStream(new TarHeader(part.name(), left).bytes());
        state = State.CONTENT;
    }

    private int content(byte[] into, int offset, int length) throws IOException {
        int n = part.content().read(into, offset, (int) Math.min(left, length));
        if (n < 0) {
            throw new IOException("The part '" + part.name() + "' became shorter while it was read");
        }
        digest.update(into, offset, n);
        left -= n;
        return n;
    }

    private void end() throws IOException {
        part.content().close();
        Digest found = Digest.of(digest);
        if (noted) {
            index.note(part.name(), part.length(), found);
        }
        around = new ByteArrayInputStream(new byte[TarHeader.padding(part.length())]);
        state = part.name().equals(Index.END) && !noted ? State.TRAILER : State.BETWEEN;
    }

    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            state = State.DONE;
            around = InputStream.nullInputStream();
            try (source) {
                part.content().close();
            }
        }
    }
}
