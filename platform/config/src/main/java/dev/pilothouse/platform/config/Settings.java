package dev.pilothouse.platform.config;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Values of all sources and the mistakes found so far. Read by one thread while a program starts: declare and read every
 * key, then {@link #check}.
 */
public final class Settings {
    static final String PREFIX = "PILOTHOUSE_";

    /** A value with the place it was written at. */
    private record Written(String value, String place) {}

    /** By key, the winning value. */
    private final Map<String, Written> written = new LinkedHashMap<>();

    private final Map<String, Key<?>> known = new LinkedHashMap<>();
    private final List<Problem> problems = new ArrayList<>();
    private final Map<String, String> variables = new LinkedHashMap<>();

    private final Map<String, Written> flags = new LinkedHashMap<>();

    private Settings() {}

    /**
     * Gathers all sources.
     *
     * @param file configuration file, YAML or JSON; empty for none
     * @param environment environment variables; those that start with {@code PILOTHOUSE_} are settings
     * @param flags arguments of the form {@code --key=value} or {@code --key}, which means {@code true}
     * @param foreignVariables variables with our prefix that other programs read, such as the client's
     */
    public static Settings of(
            Optional<Path> file, Map<String, String> environment, List<String> flags, List<String> foreignVariables) {
        var settings = new Settings();
        file.ifPresent(settings::readFile);
        environment.forEach((name, value) -> {
            if (name.startsWith(PREFIX) && !foreignVariables.contains(name)) {
                settings.variables.put(name, value);
            }
        });
        for (String flag : flags) {
            if (!flag.startsWith("--") || flag.length() == 2) {
                settings.problems.add(new Problem(flag, "is no flag; write --key=value"));
                continue;
            }
            int equals = flag.indexOf('=');
            String name = equals < 0 ? flag.substring(2) : flag.substring(2, equals);
            settings.flags.put(name, new Written(equals < 0 ? "true" : flag.substring(equals + 1), "--" + name));
        }
        return settings;
    }

    /** The value of a key; its default where it is not written or written wrongly, which {@link #check} reports. */
    public <T> T get(Key<T> key) {
        known.put(key.name(), key);
        Written value = flags.get(key.name());
        String variable = variables.get(key.variable());
        if (value == null && variable != null) {
            value = new Written(variable, key.variable());
        }
        if (value == null) {
            value = written.get(key.name());
        }
        if (value == null) {
            return key.parser().apply(key.fallback());
        }
        try {
            return key.parser().apply(value.value().strip());
        } catch (IllegalArgumentException | ArithmeticException _) {
            String shown = key.secret() ? "its value" : "'" + value.value() + "'";
            String at =
                    value.place().contains(key.name()) || value.place().equals(key.variable()) ? "" : " " + key.name();
            problems.add(new Problem(value.place() + at, shown + " is not " + key.form()));
            return key.parser().apply(key.fallback());
        }
    }

    /** Adds a mistake that only several values together show. */
    public void problem(Key<?> key, String what) {
        problems.add(new Problem(key.name(), what));
    }

    /**
     * Ends reading.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} with all mistakes: wrong values, unknown
     *     keys, an unreadable file
     */
    public void check() {
        written.forEach((name, value) ->
                unknown(name, value.place(), known.keySet().stream().toList(), name));
        flags.forEach((name, value) ->
                unknown(name, value.place(), known.keySet().stream().toList(), name));
        List<String> knownVariables = known.values().stream().map(Key::variable).toList();
        variables.keySet().forEach(variable -> {
            if (!knownVariables.contains(variable)) {
                problems.add(new Problem(variable, "is no setting." + Nearest.hint(variable, knownVariables)));
            }
        });
        if (!problems.isEmpty()) {
            throw CommonError.invalid(
                    problems.size() == 1
                            ? "The configuration has a mistake."
                            : "The configuration has " + problems.size() + " mistakes.",
                    problems);
        }
    }

    /** All keys that were read, for the reference, in reading order. */
    public List<Key<?>> keys() {
        return List.copyOf(known.values());
    }

    private void unknown(String name, String place, List<String> names, String key) {
        if (!known.containsKey(name)) {
            problems.add(new Problem(
                    place.contains(key) ? place : place + " " + key, "is no setting." + Nearest.hint(name, names)));
        }
    }

    private void readFile(Path file) {
        String name = file.getFileName().toString();
        try (JsonParser parser = YAMLMapper.builder().build().createParser(Files.readAllBytes(file))) {
            if (parser.nextToken() == null) {
                return;
            }
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                problems.add(new Problem(name, "must be a mapping of settings, such as 'store: {url: ...}'"));
                return;
            }
            readObject(parser, name, "");
        } catch (JacksonException e) {
            var at = e.getLocation();
            String place = at == null ? name : name + ":" + at.getLineNr() + ":" + at.getColumnNr();
            problems.add(new Problem(place, "is not valid YAML: " + firstLine(e.getOriginalMessage())));
        } catch (IOException e) {
            problems.add(new Problem(file.toString(), "cannot be read: " + e.getMessage()));
        }
    }

    private void readObject(JsonParser parser, String file, String prefix) {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = prefix + parser.currentName().toLowerCase(Locale.ROOT);
            var at = parser.currentTokenLocation();
            String place = file + ":" + at.getLineNr() + ":" + at.getColumnNr();
            JsonToken token = parser.nextToken();
            if (token == JsonToken.START_OBJECT) {
                readObject(parser, file, key + ".");
            } else if (token == JsonToken.START_ARRAY) {
                var parts = new ArrayList<String>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    parts.add(parser.getString());
                }
                put(key, String.join(",", parts), place);
            } else if (token != JsonToken.VALUE_NULL) {
                put(key, parser.getString(), place);
            }
        }
    }

    private void put(String key, String value, String place) {
        Written before = written.put(key, new Written(value, place));
        if (before != null) {
            problems.add(new Problem(place + " " + key, "is written twice, first at " + before.place()));
        }
    }

    private static String firstLine(String text) {
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }
}
