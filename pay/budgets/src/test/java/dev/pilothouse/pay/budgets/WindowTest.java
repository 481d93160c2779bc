package dev.pilothouse.pay.budgets;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WindowTest {
    @ParameterizedTest
    @CsvSource({
        "HOUR,  UTC,              2026-11-27T05:59:59.999Z, 2026-11-27T05:00:00Z, 2026-11-27T06:00:00Z",
        "HOUR,  UTC,              2026-11-27T06:00:00Z,     2026-11-27T06:00:00Z, 2026-11-27T07:00:00Z",
        "HOUR,  Asia/Kolkata,     2026-11-27T06:15:00Z,     2026-11-27T05:30:00Z, 2026-11-27T06:30:00Z",
        "DAY,   UTC,              2026-11-27T00:00:00Z,     2026-11-27T00:00:00Z, 2026-11-28T00:00:00Z",
        "DAY,   Europe/Berlin,    2026-10-25T12:00:00Z,     2026-10-24T22:00:00Z, 2026-10-25T23:00:00Z",
        "DAY,   America/Santiago, 2026-09-06T12:00:00Z,     2026-09-06T04:00:00Z, 2026-09-07T03:00:00Z",
        "WEEK,  UTC,              2026-11-29T23:59:59Z,     2026-11-23T00:00:00Z, 2026-11-30T00:00:00Z",
        "WEEK,  UTC,              2027-01-01T00:00:00Z,     2026-12-28T00:00:00Z, 2027-01-04T00:00:00Z",
        "MONTH, UTC,              2028-02-29T12:00:00Z,     2028-02-01T00:00:00Z, 2028-03-01T00:00:00Z",
        "MONTH, Europe/Berlin,    2026-10-31T23:30:00Z,     2026-10-31T23:00:00Z, 2026-11-30T23:00:00Z"
    })
    void aWindowBeginsAndEndsByTheCalendarOfItsZone(
            Window window, String zone, Instant at, Instant start, Instant end) {
        assertThat(window.start(at, ZoneId.of(zone))).isEqualTo(start);
        assertThat(window.end(at, ZoneId.of(zone))).isEqualTo(end);
    }

    @Test
    void totalIsOneWindow() {
        assertThat(Window.TOTAL.start(Instant.now(), ZoneOffset.UTC)).isEqualTo(Instant.EPOCH);
        assertThat(Window.TOTAL.end(Instant.now(), ZoneOffset.UTC)).isEqualTo(Instant.MAX);
    }
}
