package dev.pilothouse.run.providers;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * What a provider answers to what is no call of a model. Close it.
 *
 * @param status of HTTP
 * @param contentType as the provider tells it
 * @param body read as it comes
 */
public record ProviderAnswer(int status, String contentType, InputStream body) implements AutoCloseable {
    private static final int LONGEST = 8 << 20;

    /** All of a short body: at most 8 MiB, and what is beyond is left out. */
    public byte[] whole() {
        try (body) {
            return body.readNBytes(LONGEST);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            body.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
