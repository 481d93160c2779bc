package dev.pilothouse.cli.terminal;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** Turns values of answers into cells. */
public final class Show {
    private Show() {}

    /** A field as text, empty where it is missing. */
    public static String text(JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (value.isArray()) {
            var parts = new ArrayList<String>();
            value.forEach(part -> parts.add(part.isValueNode() ? part.asString() : part.toString()));
            return String.join(", ", parts);
        }
        return value.isMissingNode() || value.isNull() ? "" : value.isValueNode() ? value.asString() : value.toString();
    }

    /** A digest or long id shortened for people. */
    public static String brief(String id) {
        String bare = id.startsWith("sha256:") ? id.substring(7) : id;
        return bare.length() > 12 ? bare.substring(0, 12) : bare;
    }

    /** A number of bytes, such as {@code 3.2 MiB}. */
    public static String bytes(long n) {
        if (n < 1 << 10) {
            return n + " bytes";
        }
        String[] units = {"KiB", "MiB", "GiB", "TiB"};
        double value = n / 1024.0;
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }

    /** A count with separators. */
    public static String count(long n) {
        return String.format(Locale.ROOT, "%,d", n);
    }

    /** How long ago, such as {@code 3 min ago}; the text itself where it is no instant. */
    public static String ago(String instant) {
        if (instant.isEmpty()) {
            return "";
        }
        try {
            Duration age = Duration.between(Instant.parse(instant), Instant.now());
            long seconds = Math.max(0, age.toSeconds());
            if (seconds < 60) {
                return seconds + " s ago";
            }
            if (seconds < 3600) {
                return seconds / 60 + " min ago";
            }
            return seconds < 86_400 ? seconds / 3600 + " h ago" : seconds / 86_400 + " d ago";
        } catch (java.time.format.DateTimeParseException _) {
            return instant;
        }
    }

    /** How long from now, such as {@code in 3 d}; how long ago where it has passed. */
    public static String until(String instant) {
        try {
            Duration left = Duration.between(Instant.now(), Instant.parse(instant));
            if (left.isNegative()) {
                return "ended " + ago(instant);
            }
            long seconds = left.toSeconds();
            if (seconds < 3600) {
                return "in " + Math.max(1, seconds / 60) + " min";
            }
            return seconds < 2 * 86_400 ? "in " + seconds / 3600 + " h" : "in " + seconds / 86_400 + " d";
        } catch (java.time.format.DateTimeParseException _) {
            return instant;
        }
    }

    /** Rows of a list answer, one cell per named field; {@code field:brief} and {@code field:ago} shorten. */
    public static List<List<String>> rows(JsonNode items, String... fields) {
        var rows = new ArrayList<List<String>>();
        for (JsonNode item : items) {
            var row = new ArrayList<String>();
            for (String field : fields) {
                String name = field.replaceFirst(":.*", "");
                String value = text(item, name);
                row.add(field.endsWith(":brief") ? brief(value) : field.endsWith(":ago") ? ago(value) : value);
            }
            rows.add(row);
        }
        return rows;
    }
}
