package dev.pilothouse.pay.budgets;

import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;

/**
 * How a refused call is told why. A value, for whatever shape of error the client's protocol has.
 *
 * @param title one line
 * @param sentence which budget, what the call needs, what is left, when the window ends and what to do
 * @param retryAt when the next window begins; empty where waiting does not help
 */
public record Refusal(String title, String sentence, Optional<Instant> retryAt) {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("d MMMM uuuu HH:mm:ss z", Locale.ENGLISH);

    /** The words of a refusal; the same for the same refusal. */
    public static Refusal of(Answer.Refused refused) {
        Budget budget = refused.budget();
        Unit unit = budget.unit();
        boolean never = refused.needed() > budget.limit();
        boolean ends = !refused.until().equals(Instant.MAX);
        StringBuilder words = new StringBuilder("The budget '")
                .append(budget.name())
                .append("' of ")
                .append(budget.scope())
                .append(", ")
                .append(unit.words(budget.limit()))
                .append(budget.window().words())
                .append(", does not cover this call: it may cost ")
                .append(unit.words(refused.needed()))
                .append(", and ")
                .append(unit.words(refused.remaining()))
                .append(refused.remaining() == 1 && unit != Unit.NANO_USD ? " is" : " are")
                .append(" left, less what calls under way hold. Nothing was sent or charged.");
        if (ends) {
            words.append(" The window ends on ")
                    .append(TIME.format(refused.until().atZone(budget.zone())))
                    .append('.');
        }
        words.append(" Ask for less output")
                .append(ends && !never ? ", wait until then," : "")
                .append(" or have the limit raised: POST /api/v1/budgets/")
                .append(budget.name())
                .append("/overrides.");
        return new Refusal(
                "Budget '" + budget.name() + "' is spent",
                words.toString(),
                ends && !never ? Optional.of(refused.until()) : Optional.empty());
    }

    /** After how many seconds a retry may succeed, at least 1, for {@code Retry-After}; empty where waiting does not help. */
    public Optional<Long> retryAfterSeconds(Instant now) {
        return retryAt.map(at -> Math.max(1, now.until(at, ChronoUnit.SECONDS) + 1));
    }
}
