package dev.pilothouse.platform.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronExpressionTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private static List<String> firings(String expression, String after, ZoneId zone, int count) {
        var cron = CronExpression.parse(expression);
        var all = new ArrayList<String>();
        Instant t = Instant.parse(after);
        for (int i = 0; i < count; i++) {
            t = cron.next(t, zone).orElseThrow();
            all.add(t.toString());
        }
        return all;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "*/15 * * * *     | 2026-01-01T00:00:00Z | 2026-01-01T00:15:00Z",
                "0 3 * * MON      | 2026-01-01T00:00:00Z | 2026-01-05T03:00:00Z",
                "0 3 * * 7        | 2026-01-01T00:00:00Z | 2026-01-04T03:00:00Z",
                "30 8 1,15 * *    | 2026-01-02T00:00:00Z | 2026-01-15T08:30:00Z",
                "0 0 13 * FRI     | 2026-01-01T00:00:00Z | 2026-01-02T00:00:00Z",
                "0 0 29 FEB *     | 2026-01-01T00:00:00Z | 2028-02-29T00:00:00Z",
                "5-10/5 22 * * *  | 2026-01-01T22:05:00Z | 2026-01-01T22:10:00Z",
                "@yearly          | 2026-01-01T00:00:00Z | 2027-01-01T00:00:00Z",
                "59 23 31 12 *    | 2026-12-31T23:59:00Z | 2027-12-31T23:59:00Z",
            })
    void theNextFiringIsTheFirstMatchAfterTheInstant(String expression, String after, String next) {
        assertThat(firings(expression, after, ZoneId.of("UTC"), 1)).containsExactly(next);
    }

    @Test
    void aLocalTimeThatTheClockSkipsFiresLaterByTheGapAndOnce() {
        assertThat(firings("30 2 * * *", "2026-03-27T12:00:00Z", BERLIN, 3))
                .containsExactly("2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z");
    }

    @Test
    void aLocalTimeThatComesTwiceFiresTheFirstTimeOnly() {
        assertThat(firings("30 2 * * *", "2026-10-24T12:00:00Z", BERLIN, 2))
                .containsExactly("2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z");
    }

    @Test
    void everyHalfHourStaysEveryHalfHourWhenTheClockGoesBack() {
        assertThat(firings("*/30 * * * *", "2026-10-25T00:00:00Z", BERLIN, 4))
                .containsExactly(
                        "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "* * * *",
                "60 * * * *",
                "* 24 * * *",
                "* * 0 * *",
                "* * * FOO *",
                "*/0 * * * *",
                "5-1 * * * *",
                "1/2/3 * * * *",
                "* * * * 8",
                "0 0 31 2 *",
                "1,,2 * * * *"
            })
    void anExpressionThatCannotBeIsRefusedInWords(String expression) {
        assertThatThrownBy(() -> CronExpression.parse(expression)).hasMessageContaining("The schedule '" + expression);
    }
}
