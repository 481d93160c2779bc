package dev.pilothouse.pay.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.pay.prices.TokenClass;
import dev.pilothouse.pay.prices.Usage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UsageCodecTest {
    @Test
    void whateverIsWrittenIsReadBack() {
        long seed = new Random().nextLong();
        var samples = new Samples(seed);
        for (int i = 0; i < 5_000; i++) {
            UsageOpening opening = samples.opening();
            UsageEnd end = samples.end();
            assertThat(UsageOpening.of(opening.bytes())).as("seed %d", seed).isEqualTo(opening);
            assertThat(UsageEnd.of(end.bytes())).as("seed %d", seed).isEqualTo(end);
        }
    }

    @Test
    void aUsualCallTakesAFewHundredBytes() {
        var opening = new UsageOpening(
                new Who(
                        "0199c1d2a3b47c5d8e9f0a1b2c3d4e5f",
                        "0199c1d2a3b47c5d8e9f0a1b2c3d4e60",
                        "0199c1d2a3b47c5d8e9f0a1b2c3d4e61",
                        "crawler",
                        "session-4711",
                        "search",
                        "user-17",
                        List.of("summaries")),
                new Asked("0199c1d2a3b47c5d8e9f0a1b2c3d4e62", "openai.chat", "fast", true, 1_790_000_000_000_000L),
                1,
                new Target("openai", "gpt-5-mini", "0123456789ab", false));
        var end = new UsageEnd(
                opening.target(),
                Outcome.OK,
                200,
                "",
                false,
                0,
                Usage.NONE
                        .with(TokenClass.INPUT, 1_200)
                        .with(TokenClass.OUTPUT, 350)
                        .withRequests(1),
                1_234_567,
                210_000,
                List.of("pii email redact 2"));
        assertThat(opening.bytes()).hasSizeBetween(100, 300);
        assertThat(end.bytes()).hasSizeLessThan(90);
    }

    @Test
    void whatALaterVersionAddsBehindIsPassedOver() {
        var samples = new Samples(1);
        UsageOpening opening = samples.opening();
        UsageEnd end = samples.end();
        assertThat(UsageOpening.of(followed(opening.bytes()))).isEqualTo(opening);
        assertThat(UsageEnd.of(followed(end.bytes()))).isEqualTo(end);
    }

    @Test
    void countsOfKindsThatALaterVersionAddedArePassedOver() {
        byte[] later = new Fields.Writer()
                .number(1 | (1 << 15) | (1 << 16))
                .number(7)
                .number(1_000)
                .number(2_000)
                .number(42)
                .bytes();
        var from = new Fields.Reader(later);
        assertThat(from.usage()).isEqualTo(Usage.NONE.with(TokenClass.INPUT, 7));
        assertThat(from.number()).isEqualTo(42);
    }

    @Test
    void bytesThatAreCutOrOfAnotherFormatAreNeverReadAsSomethingElse() {
        var samples = new Samples(2);
        UsageOpening opening = samples.opening();
        byte[] whole = opening.bytes();
        for (int length = 0; length < whole.length; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            try {
                assertThat(UsageOpening.of(part))
                        .as("%d of %d bytes", length, whole.length)
                        .isNotEqualTo(opening);
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).isNotEmpty();
            }
        }
        whole[0] = 9;
        assertThatThrownBy(() -> UsageOpening.of(whole)).hasMessageContaining("format 9");
        assertThatThrownBy(() -> UsageEnd.of(new byte[0])).hasMessageContaining("format 0");
    }

    @Test
    void namesOfClientsAreCutAndCleanedButNeverRefused() {
        String smile = "\uD83D\uDE00";
        assertThat(Texts.kept("a\nb\tc\u0000d\u007f")).isEqualTo("a b c d ");
        assertThat(Texts.kept("x".repeat(255) + smile)).isEqualTo("x".repeat(255));
        assertThat(Texts.kept("x".repeat(254) + smile + "y")).isEqualTo("x".repeat(254) + smile);
        assertThat(Texts.kept("half " + smile.charAt(0) + " of it")).isEqualTo("half ? of it");
        List<String> many = new ArrayList<>(List.of("", "b", "b"));
        for (int i = 0; i < 40; i++) {
            many.add("tag" + i);
        }
        assertThat(Texts.kept(many)).hasSize(16).startsWith("b", "tag0").doesNotHaveDuplicates();
    }

    private static byte[] followed(byte[] bytes) {
        byte[] more = Arrays.copyOf(bytes, bytes.length + 5);
        more[bytes.length] = 3;
        return more;
    }
}
