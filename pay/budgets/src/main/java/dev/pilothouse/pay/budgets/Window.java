package dev.pilothouse.pay.budgets;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.Locale;

/** The time over which a budget is counted, by the calendar of a time zone; weeks begin on Monday (ISO 8601). */
public enum Window {
    HOUR,
    DAY,
    WEEK,
    MONTH,
    /** Without end: what is spent stays spent. */
    TOTAL;

    /** When the window that holds a moment began; the epoch for {@link #TOTAL}. */
    public Instant start(Instant at, ZoneId zone) {
        return this == TOTAL ? Instant.EPOCH : startOf(at.atZone(zone)).toInstant();
    }

    /** When the window that holds a moment ends, which is when the next begins; {@link Instant#MAX} for {@link #TOTAL}. */
    public Instant end(Instant at, ZoneId zone) {
        ZonedDateTime start = startOf(at.atZone(zone));
        return switch (this) {
            case HOUR -> start.toInstant().plus(1, ChronoUnit.HOURS);
            case DAY -> midnight(start.plusDays(1)).toInstant();
            case WEEK -> midnight(start.plusWeeks(1)).toInstant();
            case MONTH -> midnight(start.plusMonths(1)).toInstant();
            case TOTAL -> Instant.MAX;
        };
    }

    /** The name in requests and answers, such as {@code month}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** To follow a limit, for people: {@code " a month"}. */
    public String words() {
        return switch (this) {
            case HOUR -> " an hour";
            case DAY, WEEK, MONTH -> " a " + label();
            case TOTAL -> " in total";
        };
    }

    private ZonedDateTime startOf(ZonedDateTime at) {
        return switch (this) {
            case HOUR -> at.truncatedTo(ChronoUnit.HOURS);
            case DAY, TOTAL -> midnight(at);
            case WEEK -> midnight(at.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)));
            case MONTH -> midnight(at.withDayOfMonth(1));
        };
    }

    /** The first moment of a day, which is not 00:00 where clocks are put forward at midnight. */
    private static ZonedDateTime midnight(ZonedDateTime day) {
        return day.toLocalDate().atStartOfDay(day.getZone());
    }
}
