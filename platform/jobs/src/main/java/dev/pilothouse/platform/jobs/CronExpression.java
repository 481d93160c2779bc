package dev.pilothouse.platform.jobs;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The five fields of cron(5): minute, hour, day of month, month, day of week. Each is {@code *}, a number, a name ({@code
 * JAN}, {@code MON}), a range {@code 1-5}, a list {@code 1,15}, with a step {@code *}{@code /10}; Sunday is 0 or 7. Where
 * both days are restricted, either may match. {@code @hourly}, {@code @daily}, {@code @weekly}, {@code @monthly} and
 * {@code @yearly} stand for their fields.
 *
 * <p>Daylight saving: with {@code *} as the hour, firings follow elapsed time, so that each ten minutes stay each ten
 * minutes. With named hours, a local time that the clock skips fires later by the length of the gap, and one that comes
 * twice fires once, the first time.
 */
public final class CronExpression {
    private static final int YEARS_AHEAD = 9; // two leap days may be eight years apart
    private static final List<String> MONTHS =
            List.of("", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC");
    private static final List<String> DAYS = List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");
    private static final Map<String, String> SHORT = Map.of(
            "@hourly", "0 * * * *",
            "@daily", "0 0 * * *",
            "@midnight", "0 0 * * *",
            "@weekly", "0 0 * * 0",
            "@monthly", "0 0 1 * *",
            "@yearly", "0 0 1 1 *",
            "@annually", "0 0 1 1 *");

    private final String text;
    private final BitSet minutes;
    private final BitSet hours;
    private final BitSet daysOfMonth;
    private final BitSet months;
    private final BitSet daysOfWeek;
    private final boolean eitherDay;

    private CronExpression(String text, String[] fields) {
        this.text = text;
        this.minutes = field(text, "minute", fields[0], 0, 59, List.of());
        this.hours = field(text, "hour", fields[1], 0, 23, List.of());
        this.daysOfMonth = field(text, "day of month", fields[2], 1, 31, List.of());
        this.months = field(text, "month", fields[3], 1, 12, MONTHS);
        this.daysOfWeek = field(text, "day of week", fields[4], 0, 7, DAYS);
        if (daysOfWeek.get(7)) {
            daysOfWeek.set(0);
        }
        this.eitherDay = !fields[2].startsWith("*") && !fields[4].startsWith("*");
    }

    /**
     * Reads an expression.
     *
     * @throws PilothouseException {@link CommonError#INVALID} that names the field, or says that it never fires
     */
    public static CronExpression parse(String text) {
        String known = SHORT.get(text.strip().toLowerCase(Locale.ROOT));
        String[] fields = (known == null ? text : known).strip().split("\\s+", -1);
        if (fields.length != 5) {
            throw CommonError.INVALID.because("The schedule '" + text + "' has " + fields.length
                    + " fields; it needs 5: minute, hour, day of month, month, day of week, such as '0 3 * * MON'.");
        }
        var cron = new CronExpression(text, fields);
        if (cron.next(Instant.EPOCH, ZoneId.of("UTC")).isEmpty()) {
            throw CommonError.INVALID.because(
                    "The schedule '" + text + "' never fires: no such day is in the calendar.");
        }
        return cron;
    }

    /** The first firing after an instant, in a zone; empty where there is none within nine years. */
    public Optional<Instant> next(Instant after, ZoneId zone) {
        Instant earliest = after.truncatedTo(ChronoUnit.MINUTES).plus(1, ChronoUnit.MINUTES);
        // A time skipped late on one day fires early on the next.
        LocalDate day = earliest.atZone(zone).toLocalDate().minusDays(1);
        LocalDate end = day.plusYears(YEARS_AHEAD);
        for (; day.isBefore(end); day = day.plusDays(1)) {
            if (!matches(day)) {
                continue;
            }
            Optional<Instant> found =
                    hours.cardinality() == 24 ? elapsed(day, zone, earliest) : named(day, zone, earliest);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private Optional<Instant> elapsed(LocalDate day, ZoneId zone, Instant earliest) {
        Instant start = day.atStartOfDay(zone).toInstant();
        Instant end = day.plusDays(1).atStartOfDay(zone).toInstant();
        for (Instant t = start.isBefore(earliest) ? earliest : start; t.isBefore(end); t = t.plusSeconds(60)) {
            if (minutes.get(t.atZone(zone).getMinute())) {
                return Optional.of(t);
            }
        }
        return Optional.empty();
    }

    private Optional<Instant> named(LocalDate day, ZoneId zone, Instant earliest) {
        Instant first = null;
        for (int hour = hours.nextSetBit(0); hour >= 0; hour = hours.nextSetBit(hour + 1)) {
            for (int minute = minutes.nextSetBit(0); minute >= 0; minute = minutes.nextSetBit(minute + 1)) {
                Instant t =
                        ZonedDateTime.of(day, LocalTime.of(hour, minute), zone).toInstant();
                if (!t.isBefore(earliest) && (first == null || t.isBefore(first))) {
                    first = t;
                }
            }
        }
        return Optional.ofNullable(first);
    }

    private boolean matches(LocalDate day) {
        if (!months.get(day.getMonthValue())) {
            return false;
        }
        boolean ofMonth = daysOfMonth.get(day.getDayOfMonth());
        boolean ofWeek = daysOfWeek.get(day.getDayOfWeek().getValue() % 7);
        return eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek;
    }

    private static BitSet field(String text, String what, String field, int min, int max, List<String> names) {
        var set = new BitSet(max + 1);
        for (String part : field.split(",", -1)) {
            String[] stepped = part.split("/", -1);
            int step = stepped.length == 1 ? 1 : number(text, what, stepped[1], 1, max, List.of());
            String range = stepped[0];
            int from;
            int to;
            if (range.equals("*")) {
                from = min;
                to = max == 7 ? 6 : max;
            } else {
                String[] ends = range.split("-", -1);
                from = number(text, what, ends[0], min, max, names);
                to = ends.length == 1
                        ? (stepped.length == 1 ? from : max)
                        : number(text, what, ends[1], min, max, names);
                if (ends.length > 2 || to < from) {
                    throw wrong(text, what, part, "a range runs from its smaller to its larger end");
                }
            }
            if (stepped.length > 2) {
                throw wrong(text, what, part, "there is one step, such as */10");
            }
            for (int i = from; i <= to; i += step) {
                set.set(i);
            }
        }
        return set;
    }

    private static int number(String text, String what, String word, int min, int max, List<String> names) {
        int named = word.isEmpty() ? -1 : names.indexOf(word.toUpperCase(Locale.ROOT));
        if (named >= 0) {
            return named;
        }
        try {
            int value = Integer.parseInt(word);
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException _) {
            // Said below.
        }
        throw wrong(text, what, word, "it goes from " + min + " to " + max);
    }

    private static PilothouseException wrong(String text, String what, String part, String why) {
        return CommonError.INVALID.because(
                "The schedule '" + text + "' has the " + what + " '" + part + "', which cannot be: " + why + ".");
    }

    @Override
    public String toString() {
        return text;
    }
}
