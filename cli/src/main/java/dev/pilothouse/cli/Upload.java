package dev.pilothouse.cli;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** A file on its way to the server, with a progress line showing share, rate and time left. */
final class Upload {
    private Upload() {}

    /** @throws Exit where the file cannot be read */
    static BodyPublisher of(Path file, Terminal terminal) {
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
            return new Counting(Files.newInputStream(file), file.getFileName().toString(), size, terminal);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static final class Counting extends FilterInputStream {
        private final String name;
        private final long size;
        private final Terminal terminal;
        private final long start = System.nanoTime();
        private long sent;
        private long shown;

        Counting(InputStream in, String name, long size, Terminal terminal) {
            super(in);
            this.name = name;
            this.size = size;
            this.terminal = terminal;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int n = super.read(buffer, offset, length);
            if (n > 0) {
                sent += n;
                show();
            } else {
                terminal.progressDone();
            }
            return n;
        }

        private void show() {
            long now = System.nanoTime();
            if (now - shown < 100_000_000L || size < 1 << 20) {
                return;
            }
            shown = now;
            double seconds = Math.max(1e-3, (now - start) / 1e9);
            double rate = sent / seconds / (1 << 20);
            long left = (long) ((size - sent) / (sent / seconds));
            terminal.progress(String.format(
                    Locale.ROOT, "%s  %d %%  %.1f MiB/s  %d s left", name, 100 * sent / size, rate, left));
        }
    }
}
