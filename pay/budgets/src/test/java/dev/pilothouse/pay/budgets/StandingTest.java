package dev.pilothouse.pay.budgets;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

final class StandingTest {
    private static final Instant FROM = Instant.parse("2026-06-01T00:00:00Z");
    private static final Instant UNTIL = Instant.parse("2026-07-01T00:00:00Z");

    private static Standing standing(Window window, Instant since, Instant at, long settled, long held) {
        var budget = new Budget(
                "b", "acme", "lab", new Scope(Scope.Kind.TEAM, "x"), window, ZoneOffset.UTC, Unit.NANO_USD, 7_200);
        return window == Window.TOTAL
                ? new Standing(budget, since, Instant.EPOCH, Instant.MAX, at, 0, settled, settled + held, held)
                : new Standing(budget, since, FROM, UNTIL, at, 0, settled, settled + held, held);
    }

    @Test
    void theForecastGoesOnAsTheWindowWentSoFar() {
        Standing third = standing(Window.MONTH, Instant.EPOCH, FROM.plusSeconds(10 * 86_400), 2_400, 0);

        assertThat(third.burnPerHour()).isEqualTo(10);
        assertThat(third.forecast()).isEqualTo(7_200);
        assertThat(third.state()).isEqualTo(Standing.State.WELL);
        assertThat(third.percent()).isEqualTo(33);
        assertThat(standing(Window.MONTH, Instant.EPOCH, FROM.plusSeconds(10 * 86_400), 2_401, 0)
                        .state())
                .isEqualTo(Standing.State.ATTENTION);
    }

    @Test
    void aBudgetThatWasDeclaredInItsWindowCountsFromThen() {
        Instant since = UNTIL.minusSeconds(20 * 3_600);
        Standing late = standing(Window.MONTH, since, since.plusSeconds(10 * 3_600), 100, 0);

        assertThat(late.burnPerHour()).isEqualTo(10);
        assertThat(late.forecast()).isEqualTo(200);
    }

    @Test
    void inTheFirstHourNothingIsBlownUp() {
        Standing first = standing(Window.MONTH, Instant.EPOCH, FROM.plusMillis(1), 5, 0);

        assertThat(first.burnPerHour()).isEqualTo(5);
        assertThat(first.forecast()).isEqualTo(5 + 5 * 720 - 1);
    }

    @Test
    void withoutAnEndWhatIsSpentIsTheForecast() {
        Standing endless = standing(Window.TOTAL, FROM, FROM.plusSeconds(7_200), 7_000, 200);

        assertThat(endless.burnPerHour()).isEqualTo(3_500);
        assertThat(endless.forecast()).isEqualTo(7_200);
        assertThat(endless.remaining()).isZero();
        assertThat(endless.state()).isEqualTo(Standing.State.EXHAUSTED);
    }
}
