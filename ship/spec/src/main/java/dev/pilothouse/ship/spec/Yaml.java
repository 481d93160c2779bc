package dev.pilothouse.ship.spec;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Problem;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;

/**
 * YAML text as trees that know where each value stands. Anchors, aliases and tags are refused, which also stops texts that
 * expand without bound; size, depth and number of values are limited.
 */
final class Yaml {
    static final int MAX_BYTES = 256 << 10;
    private static final int MAX_DEPTH = 20;
    private static final int MAX_NODES = 10_000;
    private static final int MAX_DOCUMENTS = 50;
    private static final YAMLFactory FACTORY = new YAMLFactory();

    private final String file;
    private final List<Problem> problems;
    private final YAMLParser parser;
    private int nodes;

    private Yaml(String file, YAMLParser parser, List<Problem> problems) {
        this.file = file;
        this.parser = parser;
        this.problems = problems;
    }

    /**
     * A place in a file.
     *
     * @param file name as the client gave it
     * @param line from 1
     * @param column from 1
     * @param within path of what this was merged from; empty where it stands where it is read
     */
    record Place(String file, int line, int column, String within) {
        Place(String file, int line, int column) {
            this(file, line, column, "");
        }

        Place within(String path) {
            return new Place(file, line, column, path);
        }

        Problem problem(String path, String what) {
            String whole = within + (within.isEmpty() || path.isEmpty() ? "" : ".") + path;
            return new Problem(file + ":" + line + ":" + column + (whole.isEmpty() ? "" : " " + whole), what);
        }
    }

    /** A value with its place. */
    sealed interface Node {
        Place at();

        /** The same, whose problems are told below a path. */
        default Node within(String path) {
            return switch (this) {
                case Scalar scalar -> new Scalar(at().within(path), scalar.text(), scalar.kind());
                case Mapping mapping -> {
                    var members = new LinkedHashMap<String, Member>();
                    mapping.members().forEach((key, member) -> members.put(key, member.within(path)));
                    yield new Mapping(at().within(path), members);
                }
                case Sequence sequence ->
                    new Sequence(
                            at().within(path),
                            sequence.items().stream()
                                    .map(item -> item.within(path))
                                    .toList());
            };
        }

        /** Text, a number, a boolean or null. */
        record Scalar(Place at, String text, Kind kind) implements Node {}

        /** Keys with their values, in order. */
        record Mapping(Place at, Map<String, Member> members) implements Node {}

        /** Values, in order. */
        record Sequence(Place at, List<Node> items) implements Node {}
    }

    /** A key's place and its value. */
    record Member(Place key, Node value) {
        Member within(String path) {
            return new Member(key.within(path), value.within(path));
        }
    }

    /** Kinds of scalars. */
    enum Kind {
        TEXT,
        NUMBER,
        BOOLEAN,
        NULL
    }

    /**
     * Parses all documents of a text, adding to the problems what is wrong with it as YAML.
     *
     * @param file name to use in places
     */
    static List<Node> parse(String file, String text, List<Problem> problems) {
        if (text.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw CommonError.TOO_LARGE.because(
                    file + " is larger than " + (MAX_BYTES >> 10) + " KiB; a service file holds no data.");
        }
        var documents = new ArrayList<Node>();
        try (YAMLParser parser = (YAMLParser) FACTORY.createParser(ObjectReadContext.empty(), text)) {
            var yaml = new Yaml(file, parser, problems);
            while (parser.nextToken() != null) {
                if (documents.size() == MAX_DOCUMENTS) {
                    problems.add(yaml.here().problem("", "More than " + MAX_DOCUMENTS + " documents; split the file."));
                    break;
                }
                documents.add(yaml.node("", 0));
            }
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            var place = at == null ? new Place(file, 1, 1) : place(file, at);
            problems.add(place.problem("", "This is not valid YAML: " + firstLine(e.getOriginalMessage()) + "."));
        } catch (Refused e) {
            problems.add(e.problem);
        }
        return documents;
    }

    private Node node(String path, int depth) {
        Place at = here();
        if (depth > MAX_DEPTH) {
            throw new Refused(at.problem(path, "Nested more than " + MAX_DEPTH + " levels deep."));
        }
        if (++nodes > MAX_NODES) {
            throw new Refused(at.problem(path, "More than " + MAX_NODES + " values in one file."));
        }
        if (parser.isCurrentAlias() || parser.getObjectId() != null) {
            throw new Refused(at.problem(
                    path, "Anchors (&) and aliases (*) are not allowed; write the value out where it is used."));
        }
        JsonToken token = parser.currentToken();
        if (token == null) {
            return new Node.Scalar(at, "", Kind.NULL);
        }
        return switch (token) {
            case START_OBJECT -> mapping(at, path, depth);
            case START_ARRAY -> {
                var items = new ArrayList<Node>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    items.add(node(path + "[" + items.size() + "]", depth + 1));
                }
                yield new Node.Sequence(at, items);
            }
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Node.Scalar(at, parser.getString(), Kind.NUMBER);
            case VALUE_TRUE -> new Node.Scalar(at, "true", Kind.BOOLEAN);
            case VALUE_FALSE -> new Node.Scalar(at, "false", Kind.BOOLEAN);
            case VALUE_NULL -> new Node.Scalar(at, "", Kind.NULL);
            default -> new Node.Scalar(at, parser.getString(), Kind.TEXT);
        };
    }

    private Node mapping(Place at, String path, int depth) {
        var members = new LinkedHashMap<String, Member>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            Place key = here();
            String name = parser.currentName();
            String below = path.isEmpty() ? name : path + "." + name;
            parser.nextToken();
            Node value = node(below, depth + 1);
            Member before = members.putIfAbsent(name, new Member(key, value));
            if (before != null) {
                problems.add(key.problem(
                        below,
                        "This key was given already in line " + before.key().line() + "."));
            }
        }
        return new Node.Mapping(at, members);
    }

    private Place here() {
        return place(file, parser.currentTokenLocation());
    }

    private static Place place(String file, TokenStreamLocation at) {
        return new Place(file, Math.max(1, at.getLineNr()), Math.max(1, at.getColumnNr()));
    }

    private static String firstLine(@Nullable String text) {
        String line =
                text == null ? "it cannot be read" : text.lines().findFirst().orElse("it cannot be read");
        return line.endsWith(".") ? line.substring(0, line.length() - 1) : line;
    }

    /** Stops reading: going on could not end well. */
    private static final class Refused extends RuntimeException {
        private final transient Problem problem;

        Refused(Problem problem) {
            super(problem.toString(), null, false, false);
            this.problem = problem;
        }
    }
}
