package dev.pilothouse.pay.budgets;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

final class RefusalTest {
    private static final Scope TEAM = new Scope(Scope.Kind.TEAM, "research");
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final Instant END = Instant.parse("2026-11-30T23:00:00Z");

    @Test
    void aRefusalNamesTheBudgetWhatIsNeededAndLeftAndWhenTheWindowEnds() {
        var budget = new Budget("b", "acme", "lab", TEAM, Window.MONTH, BERLIN, Unit.NANO_USD, 1_500_000_000_000L);

        Refusal refusal = Refusal.of(new Answer.Refused(budget, 420_000_000L, 170_000_001L, END));

        assertThat(refusal.title()).isEqualTo("Budget 'lab' is spent");
        assertThat(refusal.sentence())
                .isEqualTo("The budget 'lab' of team research, 1500 USD a month, does not cover this call: it may cost"
                        + " 0.42 USD, and 0.170000001 USD are left, less what calls under way hold. Nothing was sent or"
                        + " charged. The window ends on 1 December 2026 00:00:00 CET. Ask for less output, wait until then,"
                        + " or have the limit raised: POST /api/v1/budgets/lab/overrides.");
        assertThat(refusal.retryAt()).contains(END);
        assertThat(refusal.retryAfterSeconds(END.minusMillis(1_500))).contains(2L);
        assertThat(refusal.retryAfterSeconds(END.plusSeconds(9))).contains(1L);
    }

    @Test
    void waitingIsNotAdvisedWhereItDoesNotHelp() {
        var endless = new Budget("b", "acme", "trial", TEAM, Window.TOTAL, BERLIN, Unit.REQUESTS, 10);
        var small = new Budget("b", "acme", "small", TEAM, Window.HOUR, BERLIN, Unit.TOKENS, 100);

        Refusal spent = Refusal.of(new Answer.Refused(endless, 1, 1, Instant.MAX));
        Refusal tooLarge = Refusal.of(new Answer.Refused(small, 101, 100, END));

        assertThat(spent.sentence())
                .contains("10 requests in total", "it may cost 1 request, and 1 request is left")
                .doesNotContain("wait", "window");
        assertThat(spent.retryAt()).isEmpty();
        assertThat(tooLarge.sentence()).contains("101 tokens").doesNotContain("wait until");
        assertThat(tooLarge.retryAfterSeconds(END)).isEmpty();
    }
}
