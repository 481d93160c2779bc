package dev.pilothouse.platform.blobs;

import dev.pilothouse.kernel.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A store of content-addressed bytes. Thread-safe; calls block on files, so they belong on virtual threads. */
public interface Blobs {
    /**
     * A stored blob's name and length.
     *
     * @param digest its name
     * @param size length in bytes
     */
    record Stored(Digest digest, long size) {}

    /** A blob being written; nothing is visible before {@link #commit}. Closing without commit discards it. */
    abstract class Writer extends OutputStream {
        /**
         * Makes the bytes durable and visible.
         *
         * @throws dev.pilothouse.kernel.PilothouseException OUT_OF_SPACE where the disk is full; nothing is then kept
         */
        public abstract Stored commit() throws IOException;
    }

    /** Starts a blob. */
    Writer writer() throws IOException;

    /** Stores all bytes of a stream, which it closes. */
    default Stored put(InputStream in) throws IOException {
        try (in;
                Writer out = writer()) {
            in.transferTo(out);
            return out.commit();
        }
    }

    /** Stores bytes. */
    default Stored put(byte[] bytes) throws IOException {
        return put(new java.io.ByteArrayInputStream(bytes));
    }

    /** Length in bytes, or empty where there is no such blob. */
    Optional<Long> size(Digest digest);

    /**
     * Opens a range of a blob.
     *
     * @param offset first byte, from 0
     * @param length number of bytes; clipped to the blob's end
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND
     */
    InputStream open(Digest digest, long offset, long length) throws IOException;

    /** Opens a whole blob. */
    default InputStream open(Digest digest) throws IOException {
        return open(digest, 0, Long.MAX_VALUE);
    }

    /** All bytes of a blob. */
    default byte[] bytes(Digest digest) throws IOException {
        try (InputStream in = open(digest)) {
            return in.readAllBytes();
        }
    }

    /**
     * Deletes what nothing refers to and that is older than the grace period.
     *
     * @param referenced all digests in use; asked once, after the candidates were listed
     * @return number of bytes freed
     */
    long collect(Supplier<Stream<Digest>> referenced) throws IOException;
}
