package dev.pilothouse.pay.prices;

import static dev.pilothouse.pay.prices.TokenClass.INPUT;
import static dev.pilothouse.pay.prices.TokenClass.OUTPUT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PriceTableTest {
    private static final Instant JUNE = Instant.parse("2026-06-10T00:00:00Z");

    private final PriceRow old = row("o3", PriceRow.STANDARD, Instant.EPOCH, 10);
    private final PriceRow fresh = row("o3", PriceRow.STANDARD, JUNE, 2);
    private final PriceRow flex = row("o3", "flex", JUNE, 1);
    private final PriceTable table = new PriceTable(List.of(flex, fresh, old));

    @Test
    void aPriceCountsFromItsFirstMomentOn() {
        assertThat(table.find("openai", "o3", "", JUNE)).contains(fresh);
        assertThat(table.find("openai", "o3", "", JUNE.minusNanos(1))).contains(old);
        assertThat(table.find("openai", "o3", "default", Instant.EPOCH)).contains(old);
        assertThat(table.find("openai", "o3", "", Instant.MAX)).contains(fresh);
    }

    @Test
    void aLevelOfServiceWithoutPricesIsUnpricedAndDoesNotBorrowThem() {
        assertThat(table.find("openai", "o3", "flex", JUNE)).contains(flex);
        assertThat(table.find("openai", "o3", "flex", JUNE.minusNanos(1))).isEmpty();
        assertThat(table.find("openai", "o3", "priority", JUNE)).isEmpty();
        assertThat(table.find("openai", "o4", "", JUNE)).isEmpty();
        assertThat(table.find("azure", "o3", "", JUNE)).isEmpty();
    }

    @Test
    void aTableIsNamedByWhatDecidesAnAmount() {
        assertThat(new PriceTable(List.of(old, flex, fresh)).version()).isEqualTo(table.version());
        var laterRead =
                new PriceRow("openai", "o3", "flex", JUNE, "test", LocalDate.of(2030, 1, 1), flex.rates(), 0, 0);
        assertThat(new PriceTable(List.of(old, laterRead, fresh)).version()).isEqualTo(table.version());
        assertThat(new PriceTable(List.of(old, fresh)).version()).isNotEqualTo(table.version());
        assertThat(new PriceTable(List.of(old, fresh, row("o3", "flex", JUNE, 0))).version())
                .isNotEqualTo(table.version());
        assertThat(table.version()).hasSize(12);
    }

    @Test
    void theFirstRowOfAMomentStands() {
        assertThat(new PriceTable(List.of(old, row("o3", PriceRow.STANDARD, Instant.EPOCH, 99))).rows())
                .containsExactly(old);
    }

    @Test
    void rowsSurviveTheStore() {
        assertThat(PriceJson.unpacked(PriceJson.packed(table.rows()))).isEqualTo(table.rows());
    }

    @Test
    void aFreeModelIsPricedAndAnUnpricedOneIsNone() {
        Rates free = Rates.of(Map.of(INPUT, 0L, OUTPUT, 0L));
        Usage usage = Usage.NONE.with(INPUT, 1_000).with(OUTPUT, 1_000);
        assertThat(free.costNanoUsd(usage)).isZero();
        assertThat(free.ceilingNanoUsd(CallLimits.tokens(1_000, 1_000))).isZero();
        Rates inputOnly = Rates.of(Map.of(INPUT, 0L));
        assertThatThrownBy(() -> inputOnly.costNanoUsd(usage))
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(PriceError.UNPRICED));
        assertThat(inputOnly.costNanoUsd(Usage.NONE.with(INPUT, 5))).isZero();
        assertThatThrownBy(() -> Rates.of(Map.of())).hasMessageContaining("0 is written as 0");
    }

    @Test
    void namesAreChecked() {
        for (String bad : List.of("", "a b", "a\n", "x".repeat(201))) {
            assertThatThrownBy(() -> row(bad, PriceRow.STANDARD, Instant.EPOCH, 1))
                    .isInstanceOf(PilothouseException.class);
        }
        Optional<PriceRow> none = PriceTable.EMPTY.find("", "", "", Instant.EPOCH);
        assertThat(none).isEmpty();
    }

    static PriceRow row(String model, String serviceTier, Instant from, long usdPerMillion) {
        return new PriceRow(
                "openai",
                model,
                serviceTier,
                from,
                "test",
                LocalDate.of(2026, 6, 1),
                Rates.of(Map.of(INPUT, usdPerMillion * 1_000_000_000L, OUTPUT, usdPerMillion * 4_000_000_000L)),
                0,
                0);
    }
}
