package dev.pilothouse.pay.usage;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import java.util.List;
import java.util.Locale;

/** What calls can be chosen and grouped by. */
public enum Dimension {
    KEY("key_id"),
    PRINCIPAL("principal"),
    AGENT("agent"),
    SESSION("session"),
    PROJECT("project"),
    USER("end_user"),
    /** A call of several tags is in the group of each. */
    TAG("tags", true),
    /** The model as the client named it. */
    ALIAS("alias"),
    PROVIDER("provider"),
    /** The model that really answered. */
    MODEL("model"),
    OPERATION("operation"),
    OUTCOME("outcome"),
    ERROR("error"),
    REQUEST("request_id"),
    /** A call of several budgets is in the group of each. */
    BUDGET("budgets", true),
    /** Day of the request in UTC, such as {@code 2026-11-27}. */
    DAY("strftime(make_timestamp(\"at\"), '%Y-%m-%d')"),
    /** Hour of the request in UTC, such as {@code 2026-11-27T13}. */
    HOUR("strftime(make_timestamp(\"at\"), '%Y-%m-%dT%H')");

    private static final List<Dimension> ALL = List.of(values());

    private final String sql;
    private final boolean listed;

    Dimension(String sql) {
        this(sql, false);
    }

    Dimension(String sql, boolean listed) {
        this.sql = sql;
        this.listed = listed;
    }

    /** All, in the order of their declaration. */
    public static List<Dimension> all() {
        return ALL;
    }

    /** The name in requests and answers: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Reads a {@link #label()}.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} that names the nearest
     */
    public static Dimension parse(String label) {
        return ALL.stream()
                .filter(each -> each.label().equals(label))
                .findFirst()
                .orElseThrow(() -> CommonError.INVALID.because("Usage cannot be grouped by '" + label + "'."
                        + Nearest.hint(label, ALL.stream().map(Dimension::label).toList())));
    }

    /** The condition that a call is of a value, which is its parameter. */
    String condition() {
        return listed ? "list_contains(" + list() + ", ?)" : sql + " = ?";
    }

    /** The value of a call; of several, one row each. */
    String value() {
        return listed ? "unnest(" + list() + ")" : sql;
    }

    private String list() {
        return "string_split(" + sql + ", chr(10))";
    }
}
