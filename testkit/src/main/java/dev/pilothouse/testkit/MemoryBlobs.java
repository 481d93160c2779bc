package dev.pilothouse.testkit;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.blobs.Blobs;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Blobs in memory. Thread-safe. */
public final class MemoryBlobs implements Blobs {
    private final Map<Digest, byte[]> stored = new ConcurrentHashMap<>();

    /** Keeps bytes. */
    public Digest add(byte[] bytes) {
        Digest digest = Digest.of(bytes);
        stored.put(digest, bytes);
        return digest;
    }

    @Override
    public Writer writer() {
        var bytes = new ByteArrayOutputStream();
        return new Writer() {
            @Override
            public void write(int b) {
                bytes.write(b);
            }

            @Override
            public Stored commit() {
                return new Stored(add(bytes.toByteArray()), bytes.size());
            }
        };
    }

    @Override
    public Optional<Long> size(Digest digest) {
        return Optional.ofNullable(stored.get(digest)).map(b -> (long) b.length);
    }

    @Override
    public InputStream open(Digest digest, long offset, long length) {
        byte[] bytes = stored.get(digest);
        if (bytes == null) {
            throw CommonError.NOT_FOUND.because("There is no blob " + digest + ".");
        }
        int end = (int) Math.min(bytes.length, length > bytes.length ? bytes.length : offset + length);
        return new ByteArrayInputStream(Arrays.copyOfRange(bytes, (int) offset, end));
    }

    @Override
    public long collect(Supplier<Stream<Digest>> referenced) {
        return 0;
    }
}
