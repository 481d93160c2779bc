package dev.pilothouse.testkit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Sound for tests, as the bytes of WAV files. */
public final class WavBytes {
    private static final int PER_SECOND = 8_000;

    private WavBytes() {}

    /**
     * Silence: one channel of 8,000 samples a second, of 16 bits each.
     *
     * @param millis how long it is
     */
    public static byte[] silence(int millis) {
        int length = millis * PER_SECOND / 1_000 * Short.BYTES;
        ByteBuffer wav = ByteBuffer.allocate(44 + length).order(ByteOrder.LITTLE_ENDIAN);
        wav.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(36 + length);
        wav.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(16);
        wav.putShort((short) 1).putShort((short) 1).putInt(PER_SECOND);
        wav.putInt(PER_SECOND * Short.BYTES).putShort((short) Short.BYTES).putShort((short) Short.SIZE);
        wav.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(length);
        return wav.array();
    }
}
