package dev.pilothouse.cli.litellm;

import dev.pilothouse.cli.terminal.Exit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A value of a YAML file with its place; aliases are followed, and mappings that {@code <<} merges are merged, both only where
 * somebody looks, so that no file expands without bound.
 *
 * @param place {@code file:line:column}, both from 1, and the path
 */
record Yaml(String place, Node node, String file, String path) {
    private static final int MOST_CHARACTERS = 4 << 20;
    private static final int MOST_ALIASES = 10_000;
    /** Mappings that are merged into each other; more is a file made to take time. */
    private static final int MOST_MERGES = 8;

    /**
     * Reads a file.
     *
     * @throws Exit USAGE with line and column where it is no YAML with a mapping at its top
     */
    static Yaml read(String file, String text) {
        var settings = LoadSettings.builder()
                .setLabel(file)
                .setCodePointLimit(MOST_CHARACTERS)
                .setMaxAliasesForCollections(MOST_ALIASES)
                .build();
        try {
            Node top = new Compose(settings)
                    .composeString(text)
                    .filter(MappingNode.class::isInstance)
                    .orElseThrow(
                            () -> new Exit(
                                    Exit.USAGE,
                                    file
                                            + ":1:1: a configuration of LiteLLM is a mapping with 'model_list' in it; this is none."));
            return of(top, file, "");
        } catch (MarkedYamlEngineException e) {
            throw new Exit(
                    Exit.USAGE,
                    file
                            + e.getProblemMark()
                                    .or(e::getContextMark)
                                    .map(Yaml::at)
                                    .orElse("") + ": this is not valid YAML: " + e.getProblem()
                            + ". Nothing was taken over.");
        } catch (YamlEngineException e) {
            throw new Exit(
                    Exit.USAGE, file + ": this is not valid YAML: " + e.getMessage() + ". Nothing was taken over.");
        }
    }

    private static Yaml of(Node node, String file, String path) {
        String place = file + node.getStartMark().map(Yaml::at).orElse("");
        return new Yaml(path.isEmpty() ? place : place + " " + path, node, file, path);
    }

    private static String at(Mark mark) {
        return ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1);
    }

    /**
     * Members of a mapping, in order; none where it is no mapping.
     *
     * @throws Exit USAGE where one is given twice
     */
    Map<String, Yaml> members() {
        return members(0);
    }

    private Map<String, Yaml> members(int merges) {
        var members = new LinkedHashMap<String, Yaml>();
        var merged = new LinkedHashMap<String, Yaml>();
        if (node instanceof MappingNode mapping && merges < MOST_MERGES) {
            for (NodeTuple tuple : mapping.getValue()) {
                String key = tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
                if (key.equals("<<")) {
                    List<Node> sources = tuple.getValueNode() instanceof SequenceNode several
                            ? several.getValue()
                            : List.of(tuple.getValueNode());
                    sources.forEach(
                            source -> of(source, file, path).members(merges + 1).forEach(merged::putIfAbsent));
                } else {
                    Yaml value = of(tuple.getValueNode(), file, path.isEmpty() ? key : path + "." + key);
                    if (members.put(key, value) != null) {
                        throw new Exit(
                                Exit.USAGE,
                                of(tuple.getKeyNode(), file, value.path()).place()
                                        + ": this is given twice. Leave one out. Nothing was taken over.");
                    }
                }
            }
        }
        merged.forEach(members::putIfAbsent);
        return members;
    }

    /** Items of a list; none where it is no list. */
    List<Yaml> items() {
        var items = new ArrayList<Yaml>();
        if (node instanceof SequenceNode sequence) {
            for (Node item : sequence.getValue()) {
                items.add(of(item, file, path + "[" + items.size() + "]"));
            }
        }
        return items;
    }

    /** The text of a scalar, also of a number; empty where it is null, or none. */
    Optional<String> text() {
        return node instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.NULL)
                ? Optional.of(scalar.getValue())
                : Optional.empty();
    }

    boolean isMapping() {
        return node instanceof MappingNode;
    }

    boolean isList() {
        return node instanceof SequenceNode;
    }

    /** Whether it is null or holds nothing. */
    boolean isEmpty() {
        return switch (node) {
            case ScalarNode scalar -> scalar.getTag().equals(Tag.NULL);
            case MappingNode mapping -> mapping.getValue().isEmpty();
            case SequenceNode sequence -> sequence.getValue().isEmpty();
            default -> false;
        };
    }
}
