package dev.pilothouse.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MoneyTest {
    @Test
    void amountsAreReadAndWrittenExactly() {
        assertThat(Money.parseNanoUsd("0.6")).isEqualTo(600_000_000L);
        assertThat(Money.parseNanoUsd("-0.000000001")).isEqualTo(-1);
        assertThat(Money.parseNanoUsd("9223372036.854775807")).isEqualTo(Long.MAX_VALUE);
        assertThat(Money.usd(0)).isEqualTo("0");
        assertThat(Money.usd(1)).isEqualTo("0.000000001");
        assertThat(Money.usd(-1_500_000_000L)).isEqualTo("-1.5");
        assertThat(Money.usd(100 * Money.NANO_PER_USD)).isEqualTo("100");
        assertThat(Money.usd(Long.MIN_VALUE)).isEqualTo("-9223372036.854775808");
        var random = new Random(5);
        for (int i = 0; i < 10_000; i++) {
            long amount = random.nextLong() >> random.nextInt(64);
            assertThat(Money.parseNanoUsd(Money.usd(amount))).isEqualTo(amount);
        }
    }

    @Test
    void whatIsNoExactAmountIsRefused() {
        for (String bad : List.of("", "1e3", "+1", "1.", ".5", "1,5", "$1", "NaN", "0.0000000001", "12345678901")) {
            assertThatThrownBy(() -> Money.parseNanoUsd(bad))
                    .as(bad)
                    .isInstanceOfSatisfying(
                            PilothouseException.class, e -> assertThat(e.code()).isEqualTo(CommonError.INVALID));
        }
        assertThatThrownBy(() -> Money.parseNanoUsd("9223372036.854775808")).hasMessageContaining("largest");
        assertThatThrownBy(() -> Money.add(Long.MAX_VALUE, 1)).isInstanceOf(PilothouseException.class);
    }

    @Test
    void aSumIsRoundedUpOnceAndNotForEachPart() {
        long rate = Money.parseNanoUsd("0.0375");
        assertThat(new Money.ExactSum().addPerMillion(1, rate).roundedUpNanoUsd())
                .isEqualTo(38);
        assertThat(new Money.ExactSum()
                        .addPerMillion(1, rate)
                        .addPerMillion(1, rate)
                        .roundedUpNanoUsd())
                .isEqualTo(75);
        assertThat(new Money.ExactSum().addPerMillion(1, 1).roundedUpNanoUsd()).isEqualTo(1);
        assertThat(new Money.ExactSum().addPerMillion(0, rate).roundedUpNanoUsd())
                .isZero();
        assertThat(new Money.ExactSum()
                        .addPerMillion(999_999, 1)
                        .addPerMillion(1, 1)
                        .addEach(2, 3)
                        .roundedUpNanoUsd())
                .isEqualTo(7);
    }

    @Test
    void sumsEqualThoseOfUnlimitedDecimals() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            var sum = new Money.ExactSum();
            BigDecimal exact = BigDecimal.ZERO;
            for (int i = random.nextInt(12); i >= 0; i--) {
                long units = random.nextLong(1L << random.nextInt(1, 33));
                long rate = random.nextLong(1L << random.nextInt(1, 45));
                sum.addPerMillion(units, rate);
                exact = exact.add(BigDecimal.valueOf(units)
                        .multiply(BigDecimal.valueOf(rate))
                        .movePointLeft(6));
            }
            assertThat(sum.roundedUpNanoUsd())
                    .as("seed %d, round %d", seed, round)
                    .isEqualTo(exact.setScale(0, RoundingMode.CEILING).longValueExact());
        }
    }

    @Test
    void aSumThatALongDoesNotHoldIsRefused() {
        assertThatThrownBy(() -> new Money.ExactSum().addPerMillion(Long.MAX_VALUE, 2 * Money.MILLION))
                .isInstanceOf(PilothouseException.class);
        var full = new Money.ExactSum().addEach(1, Long.MAX_VALUE);
        assertThat(full.roundedUpNanoUsd()).isEqualTo(Long.MAX_VALUE);
        full.addPerMillion(1, 1);
        assertThatThrownBy(full::roundedUpNanoUsd).isInstanceOf(PilothouseException.class);
        assertThatThrownBy(() -> new Money.ExactSum().addEach(-1, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
