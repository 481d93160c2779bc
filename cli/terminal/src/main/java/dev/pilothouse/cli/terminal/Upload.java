package dev.pilothouse.cli.terminal;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file on its way to the server, with a progress line showing share, rate and time left. */
public final class Upload {
    private Upload() {}

    /**
     * The body of a request that sends a file, read while it is sent.
     *
     * @throws Exit USAGE where the file cannot be read
     */
    public static BodyPublisher of(Path file, Terminal terminal) {
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new Exit(Exit.USAGE, file + " is not there or cannot be read.");
        }
        try {
            long size = Files.size(file);
            var body = BodyPublishers.ofInputStream(() -> open(file, size, terminal));
            return BodyPublishers.fromPublisher(body, Math.max(1, size));
        } catch (IOException e) {
            throw new Exit(Exit.USAGE, file + " cannot be read: " + e.getMessage());
        }
    }

    private static InputStream open(Path file, long size, Terminal terminal) {
        try {
            return new Counting(
                    Files.newInputStream(file),
                    terminal.new Progress(file.getFileName().toString(), size));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static final class Counting extends FilterInputStream {
        private final Terminal.Progress progress;
        private long sent;

        Counting(InputStream in, Terminal.Progress progress) {
            super(in);
            this.progress = progress;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int n = super.read(buffer, offset, length);
            if (n > 0) {
                sent += n;
                progress.at(sent);
            } else {
                progress.done();
            }
            return n;
        }
    }
}
