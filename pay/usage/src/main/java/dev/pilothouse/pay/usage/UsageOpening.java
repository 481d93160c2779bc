package dev.pilothouse.pay.usage;

/**
 * What is known of a call before it is made: the {@code opening} of a hold. Where its end is lost in a crash, it is all that
 * will be known. Ceiling and budgets are the hold's own.
 *
 * @param who for whom
 * @param asked what was asked
 * @param attempt 1 for the first attempt of a request, rising by one with each that follows
 * @param target where this attempt is sent
 */
public record UsageOpening(Who who, Asked asked, int attempt, Target target) {
    private static final int FORMAT = 1;

    public UsageOpening {
        if (attempt < 1) {
            throw new IllegalArgumentException("Attempts count from 1, not " + attempt);
        }
    }

    /** What {@code Budgets.hold} is given: some 100 to 300 bytes, made in about a microsecond. */
    public byte[] bytes() {
        var to = new Fields.Writer().number(FORMAT);
        who.write(to);
        asked.write(to);
        to.number(attempt);
        target.write(to);
        return to.bytes();
    }

    /**
     * Reads {@link #bytes()}, those of later versions too.
     *
     * @throws IllegalArgumentException where they are none
     */
    public static UsageOpening of(byte[] bytes) {
        var from = new Fields.Reader(bytes);
        long format = from.number();
        if (format != FORMAT) {
            throw new IllegalArgumentException("An opening of usage has the unknown format " + format);
        }
        return new UsageOpening(Who.read(from), Asked.read(from), from.small(), Target.read(from));
    }
}
