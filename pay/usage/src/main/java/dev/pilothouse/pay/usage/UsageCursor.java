package dev.pilothouse.pay.usage;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.segments.Position;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a page of rows ended: no two rows are at the same place.
 *
 * @param atMicros when the row's request came
 * @param log the row's log
 * @param at the row's place in it
 */
public record UsageCursor(long atMicros, String log, Position at) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,18})-(\\d{1,18})-(\\d{1,18})-([0-9a-f-]{1,64})");

    static UsageCursor after(UsageRecord last) {
        return new UsageCursor(last.opening().asked().startedMicros(), last.log(), last.at());
    }

    /**
     * Reads {@link #toString()}.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID}
     */
    public static UsageCursor parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw CommonError.INVALID.because("The cursor '" + text.substring(0, Math.min(text.length(), 80))
                    + "' is not one that a page of usage named as 'next'. Leave it out to begin with the newest.");
        }
        return new UsageCursor(
                Long.parseLong(parts.group(1)),
                parts.group(4),
                new Position(Long.parseLong(parts.group(2)), Long.parseLong(parts.group(3))));
    }

    /** The condition that a row comes after this one, where rows are in this order or its reverse. */
    static String condition(boolean rising) {
        String less = """
                 AND ("at" < ? OR ("at" = ? AND (log < ? OR (log = ? AND
                      (segment < ? OR (segment = ? AND record_offset < ?))))))
                """;
        return rising ? less.replace('<', '>') : less;
    }

    static String order(boolean rising) {
        String way = rising ? " ASC" : " DESC";
        return " ORDER BY \"at\"" + way + ", log" + way + ", segment" + way + ", record_offset" + way;
    }

    List<Object> parameters() {
        return List.of(atMicros, atMicros, log, log, at.segment(), at.segment(), at.offset());
    }

    @Override
    public String toString() {
        return atMicros + "-" + at.segment() + "-" + at.offset() + "-" + log;
    }
}
