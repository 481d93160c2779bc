package dev.pilothouse.run.batches;

import dev.pilothouse.kernel.CommonError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;

/** Reads a file of JSON lines; blank lines are passed over and counted. For one thread. */
final class Lines {
    /** The longest line, in bytes: as long as the gateway's longest request. */
    static final int LONGEST = 32 << 20;

    private final InputStream in;
    private final byte[] buffer = new byte[1 << 16];
    private int at;
    private int end;
    private long number;

    Lines(InputStream in) {
        this.in = in;
    }

    /** The number of the line that was read last, from 1. */
    long number() {
        return number;
    }

    /**
     * The next line without its end.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#TOO_LARGE}
     */
    Optional<byte[]> next() {
        try {
            for (byte[] line = line(); line.length > 0 || at < end; line = line()) {
                if (!isBlank(line)) {
                    return Optional.of(line);
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Up to the line's end or that of the file; leaves something in the buffer unless the file is over. */
    private byte[] line() throws IOException {
        number++;
        var line = new ByteArrayOutputStream(256);
        while (fill()) {
            int from = at;
            while (at < end && buffer[at] != '\n') {
                at++;
            }
            line.write(buffer, from, at - from);
            if (line.size() > LONGEST) {
                throw CommonError.TOO_LARGE.because("Line " + number + " is longer than " + LONGEST + " bytes.");
            }
            if (at < end) {
                at++;
                boolean _ = fill();
                return line.toByteArray();
            }
        }
        return line.toByteArray();
    }

    private boolean fill() throws IOException {
        if (at < end) {
            return true;
        }
        at = 0;
        end = Math.max(0, in.read(buffer));
        return end > 0;
    }

    private static boolean isBlank(byte[] line) {
        for (byte each : line) {
            if (each != ' ' && each != '\t' && each != '\r') {
                return false;
            }
        }
        return true;
    }
}
