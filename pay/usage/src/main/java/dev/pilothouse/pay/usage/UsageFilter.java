package dev.pilothouse.pay.usage;

import dev.pilothouse.kernel.CommonError;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Which calls are meant.
 *
 * @param fromMicros requests that came at or after this, in microseconds of the epoch
 * @param toMicros and before this
 * @param values what they must be of; the empty text means those of which it is not known
 */
public record UsageFilter(long fromMicros, long toMicros, Map<Dimension, String> values) {
    public UsageFilter {
        if (fromMicros > toMicros) {
            throw CommonError.INVALID.because("The time asked for ends before it begins.");
        }
        var copy = new EnumMap<Dimension, String>(Dimension.class);
        copy.putAll(values);
        values = Map.copyOf(copy);
    }

    /** The length of each of so many equal parts of the time, in microseconds, at least 1. */
    long partMicros(int parts) {
        return Math.max(1, Math.ceilDiv(toMicros - fromMicros, parts));
    }

    /** The conditions beside time, each after an AND. */
    String conditions() {
        var conditions = new StringBuilder();
        for (Dimension each : Dimension.all()) {
            if (values.containsKey(each)) {
                conditions.append(" AND ").append(each.condition());
            }
        }
        return conditions.toString();
    }

    /** The parameters of {@link #conditions()}. */
    List<String> parameters() {
        List<String> parameters = new ArrayList<>();
        for (Dimension each : Dimension.all()) {
            String value = values.get(each);
            if (value != null) {
                parameters.add(value);
            }
        }
        return parameters;
    }
}
