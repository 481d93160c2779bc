package dev.pilothouse.run.llm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * How long a file sounds, as far as its bytes tell. Immutable.
 *
 * @param mostMillis milliseconds at most, rounded up to whole seconds, in which providers count
 * @param exact whether it is just so long
 */
public record Sound(long mostMillis, boolean exact) {
    /** Nothing to hear. */
    static final Sound NONE = new Sound(0, false);

    /**
     * Bytes of a second at least, 4 kbit/s: the lowest rates of MP3, Opus and AMR are 8, 6 and 4.75 kbit/s. Silence that a
     * lossless codec takes together can be below that; a provider's count above the bound is charged in full.
     */
    private static final long LEAST_BYTES_PER_SECOND = 500;

    private static final long SECOND = 1_000;
    private static final int RIFF_HEAD = 12;
    private static final int CHUNK_HEAD = 8;
    private static final int FORMAT_LENGTH = 16;
    private static final int PCM = 1;
    private static final int FLOAT = 3;

    /** Of a file in a body: exact for WAV of plain samples (RIFF, "Multimedia Programming Interface 1.0"), else a bound. */
    static Sound of(byte[] body, Asked.Span file) {
        int length = file.to() - file.from();
        ByteBuffer wav = ByteBuffer.wrap(body, file.from(), length).slice().order(ByteOrder.LITTLE_ENDIAN);
        if (length >= RIFF_HEAD && is(wav, 0, "RIFF") && is(wav, 8, "WAVE")) {
            long bytesPerSecond = 0;
            for (long at = RIFF_HEAD; at + CHUNK_HEAD <= length; ) {
                int chunk = (int) at;
                long size = wav.getInt(chunk + 4) & 0xffffffffL;
                if (is(wav, chunk, "fmt ") && at + CHUNK_HEAD + FORMAT_LENGTH <= length) {
                    bytesPerSecond = bytesPerSecond(wav, chunk + CHUNK_HEAD);
                } else if (is(wav, chunk, "data") && bytesPerSecond > 0) {
                    // Who writes a stream does not know its length, and says the most there is.
                    long samples = Math.min(size, length - at - CHUNK_HEAD);
                    return new Sound(SECOND * Math.ceilDiv(samples, bytesPerSecond), true);
                }
                at += CHUNK_HEAD + size + (size & 1);
            }
        }
        return new Sound(SECOND * Math.ceilDiv((long) length, LEAST_BYTES_PER_SECOND), false);
    }

    /** 0 where the samples are not plain, so that their bytes do not tell their time. */
    private static long bytesPerSecond(ByteBuffer wav, int format) {
        int coding = wav.getShort(format) & 0xffff;
        int channels = wav.getShort(format + 2) & 0xffff;
        long rate = wav.getInt(format + 4) & 0xffffffffL;
        int bits = wav.getShort(format + 14) & 0xffff;
        return coding == PCM || coding == FLOAT ? rate * channels * (bits / 8) : 0;
    }

    private static boolean is(ByteBuffer wav, int at, String name) {
        for (int i = 0; i < name.length(); i++) {
            if (wav.get(at + i) != name.getBytes(StandardCharsets.US_ASCII)[i]) {
                return false;
            }
        }
        return true;
    }
}
