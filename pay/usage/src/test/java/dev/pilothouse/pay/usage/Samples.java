package dev.pilothouse.pay.usage;

import dev.pilothouse.pay.prices.TokenClass;
import dev.pilothouse.pay.prices.Usage;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Records of any shape, from a seed. */
final class Samples {
    private static final String LETTERS = "abc -_.=+@\",;'ä€\uD83D\uDE00";

    private final Random random;

    Samples(long seed) {
        this.random = new Random(seed);
    }

    UsageOpening opening() {
        return opening("acme", text());
    }

    UsageOpening opening(String tenant, String requestId) {
        List<String> tags =
                IntStream.range(0, random.nextInt(4)).mapToObj(_ -> text()).toList();
        return new UsageOpening(
                new Who(tenant, text(), text(), text(), text(), text(), text(), tags),
                new Asked(requestId, text(), text(), random.nextBoolean(), number(50)),
                1 + random.nextInt(5),
                target());
    }

    UsageEnd end() {
        Usage usage = Usage.NONE;
        for (TokenClass each : TokenClass.values()) {
            usage = random.nextBoolean() ? usage.with(each, number(39)) : usage;
        }
        usage = usage.withRequests(random.nextInt(2))
                .withSearches(random.nextInt(3))
                .withImages(random.nextInt(3))
                .withCharacters(random.nextInt(3))
                .withAudioMillis(random.nextInt(3));
        Outcome[] outcomes = Outcome.values();
        boolean cached = random.nextBoolean();
        return new UsageEnd(
                target(),
                outcomes[random.nextInt(outcomes.length)],
                random.nextInt(600),
                text(),
                cached,
                cached ? number(50) : 0,
                usage,
                number(50),
                number(40) - 1,
                random.nextBoolean() ? List.of() : List.of("pii email redact 2", "no-secrets aws-key block 1"));
    }

    private Target target() {
        return new Target(text(), text(), text(), random.nextBoolean());
    }

    private long number(int bits) {
        return random.nextLong(1L << (1 + random.nextInt(bits)));
    }

    private String text() {
        var text = new StringBuilder();
        int length = random.nextInt(8) == 0 ? random.nextInt(400) : random.nextInt(20);
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(LETTERS.codePointAt(LETTERS.offsetByCodePoints(0, random.nextInt(17))));
        }
        return Texts.kept(text.toString());
    }
}
