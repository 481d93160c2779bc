package dev.pilothouse.pay.budgets;

import java.util.function.LongFunction;

/**
 * What a call can cost at most, as a function of how much output it may write.
 *
 * @param leastOutput output tokens below which the call is not worth making, at least 0
 * @param mostOutput output tokens that the caller asks for, at least {@code leastOutput}
 * @param at the ceiling for a limit of output tokens; must not fall as the limit rises
 */
public record Ceiling(long leastOutput, long mostOutput, LongFunction<Amounts> at) {
    public Ceiling {
        if (leastOutput < 0 || mostOutput < leastOutput) {
            throw new IllegalArgumentException(
                    "A call's output must be from " + leastOutput + " to " + mostOutput + " tokens");
        }
    }

    /** A call that costs at most so much and cannot be made smaller. */
    public static Ceiling of(Amounts most) {
        return new Ceiling(most.outputTokens(), most.outputTokens(), _ -> most);
    }
}
