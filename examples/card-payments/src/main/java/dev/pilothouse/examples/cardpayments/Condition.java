package dev.pilothouse.examples.cardpayments;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Whether a row belongs to a group, said once for rows of text and once for the graph. */
sealed interface Condition {
    /** A text column has one of these spellings of a value. */
    record Is(int position, String column, String value, Set<String> spellings) implements Condition {
        public Is {
            spellings = Set.copyOf(spellings);
        }
    }

    /** A numeric column lies above a threshold; a missing value does not. */
    record Above(int position, String column, double threshold) implements Condition {}

    /**
     * Reads {@code column=value} or {@code column>number}.
     *
     * @param table rows in which the value's spellings (padding) are looked up
     */
    static Condition parse(String text, Table table) {
        int at = text.indexOf('=') >= 0 ? text.indexOf('=') : text.indexOf('>');
        if (at < 1) {
            throw new IllegalArgumentException("'" + text + "' names no group; write column=value or column>number.");
        }
        int position = table.position(text.substring(0, at));
        String column = table.header().get(position);
        String value = text.substring(at + 1);
        return text.charAt(at) == '='
                ? is(position, table, value)
                : new Above(position, column, Double.parseDouble(value));
    }

    /** The group of rows that have a value, padded or not. */
    static Condition is(int position, Table table, String value) {
        Set<String> spellings = new java.util.HashSet<>(Set.of(value));
        for (String[] row : table.rows()) {
            if (row[position].strip().equals(value)) {
                spellings.add(row[position]);
            }
        }
        return new Is(position, table.header().get(position), value, spellings);
    }

    /** Whether a row belongs to the group. */
    default boolean holds(String[] row) {
        return switch (this) {
            case Is is -> is.spellings.contains(row[is.position]);
            case Above above -> Encoder.number(row[above.position]) > above.threshold;
        };
    }

    /** A boolean value [N, 1] of the graph. */
    default String mask(OnnxGraph graph, Map<String, String> inputs) {
        return switch (this) {
            case Is is -> {
                var keys = List.copyOf(is.spellings);
                String index = graph.indexOf(
                        Objects.requireNonNull(inputs.get(is.column)),
                        keys,
                        keys.stream().map(_ -> 1).toList());
                yield graph.op("Greater", List.of(index, graph.longs(new long[] {1}, 0)));
            }
            case Above above ->
                graph.op(
                        "Greater",
                        List.of(
                                Objects.requireNonNull(inputs.get(above.column)),
                                graph.doubles(new long[] {1}, above.threshold)));
        };
    }

    /** As {@link #parse} reads it. */
    default String text() {
        return switch (this) {
            case Is is -> is.column + "=" + is.value;
            case Above above -> above.column + ">" + above.threshold;
        };
    }
}
