package dev.pilothouse.cli.litellm;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The variables that a configuration names: those that it sets itself, and those of this program. Immutable. */
final class Environment {
    static final String PREFIX = "os.environ/";

    private final Map<String, String> values;

    /** What the file sets counts before what is set here. */
    Environment(Map<String, String> here, Map<String, Yaml> file) {
        values = new HashMap<>(here);
        file.forEach((name, value) -> value.text().ifPresent(text -> values.put(name, text)));
    }

    /** The variable that a text names, as {@code os.environ/NAME}. */
    static Optional<String> variable(String text) {
        return text.startsWith(PREFIX) ? Optional.of(text.substring(PREFIX.length())) : Optional.empty();
    }

    /** The text itself, or the value of the variable that it names; empty where that is not set. */
    Optional<String> value(String text) {
        return variable(text)
                .map(name -> Optional.ofNullable(values.get(name)).filter(value -> !value.isEmpty()))
                .orElse(Optional.of(text));
    }
}
