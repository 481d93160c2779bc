package dev.pilothouse.ship.spec;

import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the members of one mapping, noting every problem with its place and going on with the default, so that all
 * problems of a file are reported together. {@link #done} reports keys that were not asked for.
 */
final class Fields {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(us|ms|s|m|h|d)");
    private static final Pattern SHARE = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)\\s*(%?)");

    private final Yaml.Place at;
    private final String path;
    private final Map<String, Yaml.Member> members;
    private final List<Problem> problems;
    private final Set<String> asked = new LinkedHashSet<>();

    private Fields(Yaml.Place at, String path, Map<String, Yaml.Member> members, List<Problem> problems) {
        this.at = at;
        this.path = path;
        this.members = members;
        this.problems = problems;
    }

    /** The members of a node, none where it is no mapping. */
    static Fields of(Yaml.Node node, String path, List<Problem> problems) {
        if (node instanceof Yaml.Node.Mapping mapping) {
            return new Fields(mapping.at(), path, mapping.members(), problems);
        }
        if (!(node instanceof Yaml.Node.Scalar scalar && scalar.kind() == Yaml.Kind.NULL)) {
            problems.add(node.at().problem(path, "This must be a mapping of keys to values."));
        }
        return new Fields(node.at(), path, Map.of(), problems);
    }

    String below(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    boolean has(String key) {
        return member(key).isPresent();
    }

    Set<String> keys() {
        return members.keySet();
    }

    void problem(String key, String what) {
        Yaml.Member member = members.get(key);
        problems.add((member == null ? at : member.value().at()).problem(below(key), what));
    }

    void problemHere(String what) {
        problems.add(at.problem(path, what));
    }

    /** A value that must be there. */
    String required(String key, String example) {
        Optional<String> text = text(key);
        if (text.isEmpty() && !has(key)) {
            problems.add(
                    at.problem(below(key), "This key is missing; give it, such as '" + key + ": " + example + "'."));
        }
        return text.orElse("");
    }

    Optional<String> text(String key) {
        return member(key).flatMap(node -> {
            if (node instanceof Yaml.Node.Scalar scalar
                    && !scalar.text().isBlank()
                    && scalar.text().length() <= 10_000) {
                return Optional.of(scalar.text());
            }
            problem(key, "This must be a text.");
            return Optional.empty();
        });
    }

    String matching(String key, String fallback, Pattern pattern, String rule) {
        return text(key)
                .filter(text -> {
                    boolean fits = pattern.matcher(text).matches();
                    if (!fits) {
                        problem(key, "'" + text + "' cannot be used here; " + rule + ".");
                    }
                    return fits;
                })
                .orElse(fallback);
    }

    String oneOf(String key, String fallback, List<String> choices) {
        return text(key)
                .filter(text -> {
                    boolean known = choices.contains(text);
                    if (!known) {
                        problem(key, "There is no '" + text + "' here." + Nearest.hint(text, choices));
                    }
                    return known;
                })
                .orElse(fallback);
    }

    /** Text read by a parser whose refusal becomes a problem. */
    <T> T parsed(String key, T fallback, Function<String, T> parser) {
        return text(key)
                .map(text -> {
                    try {
                        return parser.apply(text);
                    } catch (PilothouseException e) {
                        problem(key, e.detail());
                        return fallback;
                    }
                })
                .orElse(fallback);
    }

    int integer(String key, int fallback, int min, int max) {
        return text(key)
                .map(text -> {
                    try {
                        int value = Integer.parseInt(text);
                        if (value >= min && value <= max) {
                            return value;
                        }
                    } catch (NumberFormatException e) {
                        // reported below with the range
                    }
                    problem(key, "'" + text + "' does not fit; use a whole number from " + min + " to " + max + ".");
                    return fallback;
                })
                .orElse(fallback);
    }

    OptionalDouble number(String key) {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return OptionalDouble.empty();
        }
        try {
            double value = new BigDecimal(text.get()).doubleValue();
            if (Double.isFinite(value)) {
                return OptionalDouble.of(value);
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        problem(key, "'" + text.get() + "' is no number.");
        return OptionalDouble.empty();
    }

    /** A share of one, written {@code 0.01}, {@code 1%} or {@code 1 %}. */
    double share(String key, double fallback, double min, double max) {
        return text(key)
                .map(text -> {
                    Matcher m = SHARE.matcher(text);
                    if (m.matches()) {
                        var number = new BigDecimal(m.group(1));
                        double value = (m.group(2).isEmpty() ? number : number.movePointLeft(2)).doubleValue();
                        if (value >= min && value <= max) {
                            return value;
                        }
                    }
                    problem(
                            key,
                            "'" + text + "' does not fit; use a share from " + plain(min) + " to " + plain(max)
                                    + ", such as 0.01 or 1%.");
                    return fallback;
                })
                .orElse(fallback);
    }

    Duration duration(String key, Duration fallback, Duration min, Duration max) {
        return text(key)
                .map(text -> {
                    Matcher m = DURATION.matcher(text);
                    if (m.matches()) {
                        long n = Long.parseLong(m.group(1));
                        Duration value =
                                switch (m.group(2)) {
                                    case "us" -> Duration.ofNanos(n * 1_000);
                                    case "ms" -> Duration.ofMillis(n);
                                    case "s" -> Duration.ofSeconds(n);
                                    case "m" -> Duration.ofMinutes(n);
                                    case "h" -> Duration.ofHours(n);
                                    default -> Duration.ofDays(n);
                                };
                        if (value.compareTo(min) >= 0 && value.compareTo(max) <= 0) {
                            return value;
                        }
                    }
                    problem(
                            key,
                            "'" + text + "' does not fit; use a time from " + text(min) + " to " + text(max)
                                    + ", such as 250ms, 10s, 5m, 1h or 2d.");
                    return fallback;
                })
                .orElse(fallback);
    }

    /** A duration as {@link #duration} reads it. */
    static String text(Duration duration) {
        if (duration.toNanos() % 1_000_000 != 0) {
            return duration.toNanos() / 1_000 + "us";
        }
        long ms = duration.toMillis();
        if (ms % 86_400_000 == 0 && ms > 0) {
            return ms / 86_400_000 + "d";
        }
        if (ms % 3_600_000 == 0 && ms > 0) {
            return ms / 3_600_000 + "h";
        }
        if (ms % 60_000 == 0 && ms > 0) {
            return ms / 60_000 + "m";
        }
        return ms % 1000 == 0 && ms > 0 ? ms / 1000 + "s" : ms + "ms";
    }

    static String plain(double number) {
        return new BigDecimal(Double.toString(number)).stripTrailingZeros().toPlainString();
    }

    /** The members of a mapping below, none where the key is absent. */
    Fields mapping(String key) {
        return member(key)
                .map(node -> of(node, below(key), problems))
                .orElseGet(() -> new Fields(at, below(key), Map.of(), problems));
    }

    /** A list read item by item; absent where the key is. */
    <T> Optional<List<T>> list(String key, BiFunction<Yaml.Node, String, Optional<T>> item) {
        return member(key).map(node -> {
            var read = new ArrayList<T>();
            if (node instanceof Yaml.Node.Sequence sequence) {
                for (int i = 0; i < sequence.items().size(); i++) {
                    item.apply(sequence.items().get(i), below(key) + "[" + i + "]")
                            .ifPresent(read::add);
                }
            } else {
                problem(key, "This must be a list.");
            }
            return read;
        });
    }

    /** Whether the value is a list. */
    boolean isList(String key) {
        return member(key).filter(Yaml.Node.Sequence.class::isInstance).isPresent();
    }

    /** Whether the value is a mapping. */
    boolean isMapping(String key) {
        return member(key).filter(Yaml.Node.Mapping.class::isInstance).isPresent();
    }

    /** The members of an item of a list below. */
    Fields of(Yaml.Node node, String itemPath) {
        return of(node, itemPath, problems);
    }

    /** A list of texts. */
    List<String> texts(String key, String what) {
        return list(key, (node, itemPath) -> {
                    if (node instanceof Yaml.Node.Scalar scalar
                            && !scalar.text().isBlank()) {
                        return Optional.of(scalar.text());
                    }
                    problems.add(node.at().problem(itemPath, "This must be the text of one " + what + "."));
                    return Optional.empty();
                })
                .orElse(List.of());
    }

    /** Texts by key, such as environment variables. */
    Map<String, String> texts(String key) {
        Fields below = mapping(key);
        var read = new LinkedHashMap<String, String>();
        for (String name : below.keys()) {
            below.text(name).ifPresent(value -> read.put(name, value));
        }
        return read;
    }

    /** Reports keys that nothing asked for. */
    void done() {
        members.forEach((key, member) -> {
            if (!asked.contains(key)) {
                problems.add(member.key()
                        .problem(below(key), "There is no key '" + key + "' here." + Nearest.hint(key, asked)));
            }
        });
    }

    private Optional<Yaml.Node> member(String key) {
        asked.add(key);
        Yaml.Member member = members.get(key);
        if (member == null || (member.value() instanceof Yaml.Node.Scalar s && s.kind() == Yaml.Kind.NULL)) {
            return Optional.empty();
        }
        return Optional.of(member.value());
    }
}
