package dev.pilothouse.run.llm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SoundTest {
    private static final int PCM = 1;
    private static final int MP3 = 0x55;

    @Test
    void plainSamplesTellTheirTimeInWholeSeconds() {
        assertThat(sound(wav(PCM, 8_000, 2, 32_000, 32_000))).isEqualTo(new Sound(1_000, true));
        assertThat(sound(wav(PCM, 8_000, 2, 32_001, 32_001))).isEqualTo(new Sound(2_000, true));
        assertThat(sound(wav(PCM, 8_000, 2, -1, 64_000))).isEqualTo(new Sound(2_000, true));
    }

    @Test
    void otherFilesAreBounded() {
        assertThat(sound(wav(MP3, 8_000, 2, 100_000, 100_000)))
                .isEqualTo(new Sound(1_000L * Math.ceilDiv(100_044, 500), false));
        assertThat(sound(wav(PCM, 0, 2, 100, 100))).isEqualTo(new Sound(1_000, false));
        assertThat(sound(new byte[501])).isEqualTo(new Sound(2_000, false));
        assertThat(sound(new byte[0])).isEqualTo(new Sound(0, false));
        assertThat(sound("RIFF....WAVEfmt ".getBytes(StandardCharsets.US_ASCII)))
                .isEqualTo(new Sound(1_000, false));
    }

    private static Sound sound(byte[] file) {
        byte[] body = new byte[file.length + 7];
        System.arraycopy(file, 0, body, 3, file.length);
        return Sound.of(body, new Asked.Span(3, 3 + file.length));
    }

    private static byte[] wav(int coding, int rate, int channels, int told, int length) {
        ByteBuffer wav = ByteBuffer.allocate(44 + length).order(ByteOrder.LITTLE_ENDIAN);
        wav.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(36 + told);
        wav.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(16);
        wav.putShort((short) coding).putShort((short) channels).putInt(rate);
        wav.putInt(rate * channels * 2).putShort((short) (channels * 2)).putShort((short) 16);
        wav.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(told);
        return wav.array();
    }
}
