package dev.pilothouse.pay.pacing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.pay.pacing.Ladder.Rung;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LadderTest {
    private static final Ladder TWO = new Ladder(List.of(new Rung("small", 80, 20), new Rung("tiny", 100, 2)));

    @Test
    void aLadderThatLeadsNowhereNamesEveryFault() {
        assertThatThrownBy(() -> new Ladder(List.of(new Rung(" ", 0, 100), new Rung("tiny", 101, 100))))
                .isInstanceOfSatisfying(
                        PilothouseException.class,
                        e -> assertThat(e.problems())
                                .extracting(Problem::where)
                                .containsExactly(
                                        "ladder[0].model",
                                        "ladder[0].from",
                                        "ladder[0].price",
                                        "ladder[1].from",
                                        "ladder[1].price"));
    }

    @Test
    void aFreshBudgetKeepsItsModelsAndASpentOneTakesTheLastRung() {
        var fresh = BurnForecast.begin(0, 1_000_000, 1_000);

        assertThat(fresh.pace(TWO, 1_000, 0, 0).degrades()).isFalse();
        assertThat(fresh.pace(TWO, 1_000, 1_000, 0).level(0)).isEqualTo(2);
        assertThat(TWO.alias(fresh.pace(TWO, 1_000, 1_000, 0).level(0))).contains("tiny");
    }

    @Test
    void aRungIsTakenAtItsOwnForecast() {
        BurnForecast atNine = BurnForecast.begin(0, 1_000_000, 1_000).observe(900_000, 900);

        assertThat(atNine.pace(TWO, 1_000, 700, 0).kept()).isEqualTo(Pace.POSITIONS);
        Pace beyondEighty = atNine.pace(TWO, 1_000, 810, 0);
        assertThat(beyondEighty.level(0)).isEqualTo(1);
        assertThat(beyondEighty.level(Pace.POSITIONS - 1)).isEqualTo(1);
        assertThat(atNine.pace(TWO, 1_000, 999, 0).level(0)).isEqualTo(2);
    }

    @Test
    void whoStaysWhenMoreStepDownHasTheLowerPosition() {
        BurnForecast half = BurnForecast.begin(0, 1_000_000, 100_000).observe(500_000, 75_000);
        int before = Pace.POSITIONS;
        for (long spent = 70_000; spent <= 100_000; spent += 500) {
            int kept = half.pace(TWO, 100_000, spent, 0).kept();
            assertThat(kept).isLessThanOrEqualTo(before);
            before = kept;
        }
        assertThat(before).isZero();
    }

    @Test
    void withoutALadderOrAnEndThereIsNothingToForesee() {
        var endless = BurnForecast.begin(0, Long.MAX_VALUE, 1_000).observe(5_000, 700);

        assertThat(endless.pace(Ladder.NONE, 1_000, 900, 0).degrades()).isFalse();
        assertThat(endless.pace(TWO, 1_000, 700, 0).forecast()).isEqualTo(700);
        assertThat(endless.pace(TWO, 1_000, 799, 0).level(Pace.POSITIONS - 1)).isZero();
        assertThat(endless.pace(TWO, 1_000, 800, 0).level(0)).isEqualTo(1);
        assertThat(endless.pace(TWO, 1_000, 1_000, 0).level(0)).isEqualTo(2);
    }

    @Test
    void amountsThatNoLongHoldsAreTheGreatestLong() {
        long huge = Long.MAX_VALUE / 2;
        BurnForecast burst = BurnForecast.begin(0, 2_678_400_000L, huge).observe(1, huge);

        assertThat(burst.pace(TWO, huge, huge, huge).forecast()).isEqualTo(Long.MAX_VALUE);
        assertThat(burst.pace(TWO, huge, huge, huge).level(0)).isEqualTo(2);
    }

    @Test
    void positionsOfKeysAreSpreadEvenly() {
        int below = 0;
        for (int i = 0; i < 20_000; i++) {
            if (Pace.position("session-" + i) < 300_000) {
                below++;
            }
        }
        assertThat(below).isBetween(5_700, 6_300);
    }
}
