package dev.pilothouse.pay.usage;

import dev.pilothouse.pay.prices.Usage;
import java.util.List;

/**
 * What is known of a call at its end: the {@code detail} of a settlement. What it cost is the settlement's own.
 *
 * @param target where it was really answered; {@link Target#NONE} where it was not sent
 * @param outcome how it ended
 * @param status HTTP status that the client got, 0 for none
 * @param error code of the error or refusal, such as {@code budget-exceeded}; empty for none. Kept as in {@link Who}
 * @param cached whether the answer came from this gateway's cache, without a call
 * @param savedNanoUsd what a cached answer cost when it was made; 0 where it is none
 * @param usage what it used, or the upper bound of it
 * @param latencyMicros microseconds from the request's begin to the response's end, at least 0
 * @param ttftMicros microseconds to the first token, at least 0; -1 where none came
 * @param guards what guards found, as {@code guard kind action count}, such as {@code pii email redact 2}; never the values
 */
public record UsageEnd(
        Target target,
        Outcome outcome,
        int status,
        String error,
        boolean cached,
        long savedNanoUsd,
        Usage usage,
        long latencyMicros,
        long ttftMicros,
        List<String> guards) {
    private static final int FORMAT = 1;

    public UsageEnd {
        error = Texts.kept(error);
        guards = List.copyOf(guards);
        if (status < 0 || latencyMicros < 0 || ttftMicros < -1) {
            throw new IllegalArgumentException("A status or a time is negative: status " + status + ", latency "
                    + latencyMicros + " us, first token " + ttftMicros + " us");
        }
        if (savedNanoUsd < 0 || (savedNanoUsd > 0 && !cached)) {
            throw new IllegalArgumentException("Only a cached answer saves anything, not " + savedNanoUsd);
        }
    }

    /**
     * The end of a call that the cache answered, at once and with status 200.
     *
     * @param savedNanoUsd what the answer cost when it was made
     */
    public static UsageEnd cached(
            Target target, Usage usage, long savedNanoUsd, long latencyMicros, List<String> guards) {
        return new UsageEnd(
                target, Outcome.OK, 200, "", true, savedNanoUsd, usage, latencyMicros, latencyMicros, guards);
    }

    /** The end of a call of which nothing is known. */
    static UsageEnd lost(Target target) {
        return new UsageEnd(target, Outcome.BOUNDED, 0, "", false, 0, Usage.NONE, 0, -1, List.of());
    }

    /** What {@code Budgets.settle} is given: some 50 bytes, made in less than a microsecond. */
    public byte[] bytes() {
        var to = new Fields.Writer().number(FORMAT);
        target.write(to);
        return to.number(outcome.code())
                .number(status)
                .text(error)
                .number(cached ? 1 : 0)
                .usage(usage)
                .number(latencyMicros)
                .number(ttftMicros + 1)
                .texts(guards)
                .number(savedNanoUsd)
                .bytes();
    }

    /**
     * Reads {@link #bytes()}, those of later versions too.
     *
     * @throws IllegalArgumentException where they are none
     */
    public static UsageEnd of(byte[] bytes) {
        var from = new Fields.Reader(bytes);
        long format = from.number();
        if (format != FORMAT) {
            throw new IllegalArgumentException("An end of usage has the unknown format " + format);
        }
        Target target = Target.read(from);
        Outcome outcome = Outcome.of(from.small());
        int status = from.small();
        String error = from.text();
        boolean cached = from.number() == 1;
        Usage usage = from.usage();
        long latency = from.number();
        long firstToken = from.number() - 1;
        List<String> guards = from.texts();
        return new UsageEnd(target, outcome, status, error, cached, from.number(), usage, latency, firstToken, guards);
    }
}
