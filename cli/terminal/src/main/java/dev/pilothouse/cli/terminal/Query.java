package dev.pilothouse.cli.terminal;

/** The address of a request: a path and, behind it, what is asked of it. For one request. */
public final class Query {
    private final StringBuilder text;

    /** Asks a path for all it has. */
    public Query(String path) {
        text = new StringBuilder(path);
    }

    /** Adds a parameter, unless its value is empty. */
    public Query with(String name, String value) {
        return value.isEmpty() ? this : withEven(name, value);
    }

    /** Adds a parameter whose value means something even where it is empty. */
    public Query withEven(String name, String value) {
        text.append(text.indexOf("?") < 0 ? '?' : '&').append(name).append('=').append(Api.encode(value));
        return this;
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
