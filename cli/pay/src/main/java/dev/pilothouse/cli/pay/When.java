package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Exit;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Moments as people type them: {@code 2026-11-01}, {@code 2026-11-01T12:00:00Z}, or so far from now, such as {@code 7d}. */
final class When {
    private static final Pattern SPAN = Pattern.compile("(\\d{1,5})([smhdw])");

    private When() {}

    /** A moment of the past, of which a span is ago; empty where nothing was typed. */
    static String past(String typed, Instant now) {
        return typed.isEmpty() ? "" : moment(typed, now, -1).toString();
    }

    /** A moment of the future, which a span is ahead. */
    static String ahead(String typed, Instant now) {
        return moment(typed, now, 1).toString();
    }

    private static Instant moment(String typed, Instant now, int direction) {
        Matcher span = SPAN.matcher(typed);
        if (span.matches()) {
            return now.plus(unit(span.group(2)).multipliedBy(direction * Long.parseLong(span.group(1))));
        }
        try {
            return typed.contains("T")
                    ? Instant.parse(typed)
                    : LocalDate.parse(typed).atStartOfDay(ZoneOffset.UTC).toInstant();
        } catch (DateTimeException _) {
            throw new Exit(
                    Exit.USAGE,
                    "'" + typed + "' is no time. Write a day (UTC) such as 2026-11-01, a moment such as"
                            + " 2026-11-01T12:00:00Z, or how far from now, such as 90m, 12h, 7d or 4w.");
        }
    }

    private static Duration unit(String letter) {
        return switch (letter) {
            case "s" -> Duration.ofSeconds(1);
            case "m" -> Duration.ofMinutes(1);
            case "h" -> Duration.ofHours(1);
            case "d" -> Duration.ofDays(1);
            default -> Duration.ofDays(7);
        };
    }
}
