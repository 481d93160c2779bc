package dev.pilothouse.platform.config;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One setting.
 *
 * @param name kebab-case path, such as {@code store.url}
 * @param fallback default, as it would be written
 * @param meaning one sentence for the reference
 * @param form what a value looks like, for errors and the reference
 * @param secret whether its value must never be shown
 * @param parser reads a value; throws IllegalArgumentException where it has not the form
 * @param <T> its type
 */
public record Key<T>(
        String name, String fallback, String meaning, String form, boolean secret, Function<String, T> parser) {
    private static final Pattern SIZE = Pattern.compile("(\\d+)\\s*(|B|KiB|MiB|GiB|TiB)");
    private static final Pattern TIME = Pattern.compile("(\\d+)\\s*(ms|s|m|h|d)");

    /** Any text. */
    public static Key<String> text(String name, String fallback, String meaning) {
        return new Key<>(name, fallback, meaning, "text", false, s -> s);
    }

    /** Text that is never shown. */
    public static Key<String> secret(String name, String meaning) {
        return new Key<>(name, "", meaning, "text", true, s -> s);
    }

    /** A whole number from {@code min} to {@code max}. */
    public static Key<Integer> number(String name, int fallback, int min, int max, String meaning) {
        return new Key<>(
                name, String.valueOf(fallback), meaning, "a whole number from " + min + " to " + max, false, s -> {
                    int value = Integer.parseInt(s);
                    if (value < min || value > max) {
                        throw new IllegalArgumentException(s);
                    }
                    return value;
                });
    }

    /** True or false. */
    public static Key<Boolean> flag(String name, boolean fallback, String meaning) {
        return new Key<>(name, String.valueOf(fallback), meaning, "true or false", false, s -> switch (s) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(s);
        });
    }

    /** A number of bytes, such as {@code 16MiB}. */
    public static Key<Long> bytes(String name, String fallback, String meaning) {
        return new Key<>(name, fallback, meaning, "a size such as 512KiB, 16MiB or 2GiB", false, Key::parseSize);
    }

    /** A length of time, such as {@code 30s}. */
    public static Key<Duration> time(String name, String fallback, String meaning) {
        return new Key<>(name, fallback, meaning, "a time such as 250ms, 30s, 5m, 2h or 7d", false, Key::parseTime);
    }

    /** One of an enum's constants, written in kebab-case. */
    public static <E extends Enum<E>> Key<E> choice(String name, E fallback, String meaning) {
        List<E> choices = Arrays.asList(fallback.getDeclaringClass().getEnumConstants());
        return new Key<>(
                name,
                label(fallback),
                meaning,
                "one of " + String.join(", ", choices.stream().map(Key::label).toList()),
                false,
                s -> choices.stream()
                        .filter(choice -> label(choice).equals(s))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException(s)));
    }

    /** Texts separated by commas, or a list in the file; empty for none. */
    public static Key<List<String>> list(String name, String fallback, String meaning) {
        return new Key<>(
                name,
                fallback,
                meaning,
                "texts separated by commas",
                false,
                s -> Arrays.stream(s.split(","))
                        .map(String::strip)
                        .filter(part -> !part.isEmpty())
                        .toList());
    }

    /** The environment variable that sets it, such as {@code PILOTHOUSE_STORE_URL}. */
    public String variable() {
        return Settings.PREFIX + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    private static String label(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static long parseSize(String text) {
        Matcher m = SIZE.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException(text);
        }
        int shift = List.of("", "KiB", "MiB", "GiB", "TiB").indexOf(m.group(2).equals("B") ? "" : m.group(2)) * 10;
        return Math.multiplyExact(Long.parseLong(m.group(1)), 1L << shift);
    }

    private static Duration parseTime(String text) {
        Matcher m = TIME.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException(text);
        }
        long n = Long.parseLong(m.group(1));
        return switch (m.group(2)) {
            case "ms" -> Duration.ofMillis(n);
            case "s" -> Duration.ofSeconds(n);
            case "m" -> Duration.ofMinutes(n);
            case "h" -> Duration.ofHours(n);
            default -> Duration.ofDays(n);
        };
    }
}
