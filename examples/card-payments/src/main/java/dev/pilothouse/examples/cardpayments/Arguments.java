package dev.pilothouse.examples.cardpayments;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Options of the form {@code --name value}, {@code --name=value} or {@code --flag}. */
final class Arguments {
    private final Map<String, String> values = new LinkedHashMap<>();

    /**
     * Reads a command line.
     *
     * @param flags options without a value
     * @param options options with a value
     */
    Arguments(String[] line, List<String> flags, List<String> options) {
        for (int i = 0; i < line.length; i++) {
            String word = line[i];
            int equals = word.indexOf('=');
            String name = word.startsWith("--") ? word.substring(2, equals < 0 ? word.length() : equals) : "";
            if (flags.contains(name) && equals < 0) {
                values.put(name, "true");
            } else if (options.contains(name) && equals >= 0) {
                values.put(name, word.substring(equals + 1));
            } else if (options.contains(name) && i + 1 < line.length) {
                values.put(name, line[++i]);
            } else {
                throw new IllegalArgumentException(
                        options.contains(name)
                                ? "Option --" + name + " needs a value."
                                : "There is no option '" + word + "'. Known are: --" + String.join(", --", flags)
                                        + ", --" + String.join(", --", options) + ".");
            }
        }
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(values.get(name));
    }

    String text(String name, String fallback) {
        return values.getOrDefault(name, fallback);
    }

    String required(String name) {
        return text(name).orElseThrow(() -> new IllegalArgumentException("Option --" + name + " is needed."));
    }

    long number(String name, long fallback) {
        String text = values.get(name);
        try {
            return text == null ? fallback : Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("Option --" + name + " is '" + text + "'; use a whole number.", e);
        }
    }
}
