package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** What was declared on the server or is declared in a file. Stateless. */
final class Declared {
    /** More than any declaration has, so that the server and not this program says what is too large. */
    private static final int MOST_BYTES = 1 << 20;

    private static final ObjectReader YAML =
            YAMLMapper.builder().build().reader().with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private Declared() {}

    /** The item of a list whose field has this value. */
    static Optional<ObjectNode> find(List<JsonNode> items, String field, String value) {
        return items.stream()
                .filter(item -> Show.text(item, field).equals(value))
                .map(ObjectNode.class::cast)
                .findFirst();
    }

    /**
     * The same, where it must be there.
     *
     * @param noun what it is, such as {@code provider}
     * @throws Exit USAGE that names the nearest
     */
    static ObjectNode get(List<JsonNode> items, String field, String value, String noun) {
        return find(items, field, value)
                .orElseThrow(() -> new Exit(
                        Exit.USAGE,
                        "There is no " + noun + " '" + value + "'."
                                + Nearest.hint(
                                        value,
                                        items.stream()
                                                .map(item -> Show.text(item, field))
                                                .toList())));
    }

    /**
     * What a file declares, as YAML or as JSON, which is YAML too.
     *
     * @param file its name, or {@code -} for standard input
     * @throws Exit USAGE with line and column where it is neither
     */
    static ObjectNode read(String file) throws IOException {
        byte[] text = file.equals("-") ? System.in.readNBytes(MOST_BYTES) : Files.readAllBytes(Path.of(file));
        String name = file.equals("-") ? "standard input" : file;
        try {
            if (YAML.readTree(text) instanceof ObjectNode object) {
                return object;
            }
            throw new Exit(Exit.USAGE, name + " must hold one mapping of fields to values, in YAML or JSON.");
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            throw new Exit(
                    Exit.USAGE,
                    name + ":" + (at == null ? "1:1" : at.getLineNr() + ":" + at.getColumnNr()) + " is not valid YAML: "
                            + String.valueOf(e.getOriginalMessage())
                                    .lines()
                                    .findFirst()
                                    .orElse("")
                            + ". Write one mapping of fields to values, as '-o json' shows it.");
        }
    }

    /** The declaration to begin with: of a file where one is named, else what is declared now, else nothing. */
    static ObjectNode base(String file, Optional<ObjectNode> now) throws IOException {
        return file.isEmpty() ? now.orElseGet(Json::object) : read(file);
    }

    /** Puts a text where one was typed. */
    static void put(ObjectNode json, String field, String typed) {
        if (!typed.isEmpty()) {
            json.put(field, typed);
        }
    }

    /** Puts a number where one was typed, which 0 is not. */
    static void put(ObjectNode json, String field, int typed) {
        if (typed != 0) {
            json.put(field, typed);
        }
    }
}
