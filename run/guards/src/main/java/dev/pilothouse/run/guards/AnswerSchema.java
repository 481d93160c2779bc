package dev.pilothouse.run.guards;

import com.google.re2j.Pattern;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;

/**
 * A JSON Schema (draft 2020-12) that answers are held against. It refers to parts of itself only, and never to what it is a part of,
 * so that with all references written out it has a bounded number of parts, each of which looks once at each value of an answer: the
 * time is bounded by their product. Its regular expressions are those of RE2. Immutable and thread-safe.
 */
final class AnswerSchema {
    /** Characters of a schema, as JSON. */
    static final int LONGEST = 64 << 10;

    /** Values of a schema, all references written out. */
    static final int MOST_PARTS = 5_000;

    private static final String DIALECT = "https://json-schema.org/draft/2020-12/schema";
    /** What could lead elsewhere, or in a circle that nobody sees in the schema. */
    private static final Set<String> REFUSED = Set.of(
            "$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary");

    /** Members whose value is no schema, so that what is in it refers to nothing. */
    private static final Set<String> VALUES = Set.of("const", "enum", "default", "examples");

    /** Members whose value has names of the user's own, with a schema for each. */
    private static final Set<String> NAMED = Set.of("properties", "patternProperties", "dependentSchemas");

    private final Schema schema;

    /**
     * A schema.
     *
     * @throws PilothouseException {@link CommonError#INVALID} where it is too large, refers to others or to itself, or is none
     */
    AnswerSchema(String text) {
        if (text.length() > LONGEST) {
            throw CommonError.INVALID.because("The schema of an answer has at most " + LONGEST + " characters.");
        }
        JsonNode root = Json.parse(text);
        if (!root.isObject()) {
            throw CommonError.INVALID.because("The schema of an answer must be a JSON object.");
        }
        String dialect = root.path("$schema").asString(DIALECT);
        if (!dialect.equals(DIALECT)) {
            throw CommonError.INVALID.because(
                    "The schema of an answer is of " + DIALECT + ", not of '" + dialect + "'.");
        }
        parts(root, root, List.of(), 0);
        try {
            SchemaRegistry registry = SchemaRegistry.withDefaultDialect(
                    SpecificationVersion.DRAFT_2020_12,
                    builder -> builder.schemaRegistryConfig(SchemaRegistryConfig.builder()
                            .regularExpressionFactory(AnswerSchema::expression)
                            .failFast(true)
                            .build()));
            var mistakes = registry.getSchema(SchemaLocation.of(DIALECT)).validate(root);
            if (!mistakes.isEmpty()) {
                throw CommonError.INVALID.because("The schema of an answer is none: " + mistakes.getFirst() + ".");
            }
            this.schema = registry.getSchema(root);
            this.schema.initializeValidators();
        } catch (PilothouseException e) {
            throw e;
        } catch (RuntimeException e) {
            throw CommonError.INVALID.because("The schema of an answer cannot be used: " + e.getMessage(), e);
        }
    }

    private static com.networknt.schema.regex.RegularExpression expression(String text) {
        Pattern pattern = AnswerCheck.pattern(text);
        return value -> pattern.matcher(value).find();
    }

    /** Counts the parts of a schema, all references written out, on from a number. */
    private static int parts(JsonNode root, JsonNode part, List<String> within, int before) {
        int parts = before + 1;
        if (parts > MOST_PARTS) {
            throw CommonError.INVALID.because("The schema of an answer has more than " + MOST_PARTS
                    + " parts, with all of its references written out.");
        }
        for (Map.Entry<String, JsonNode> member : part.properties()) {
            String name = member.getKey();
            JsonNode value = member.getValue();
            if (REFUSED.contains(name)) {
                throw CommonError.INVALID.because("The schema of an answer has '" + name
                        + "'. It may refer to its own parts only, as '#/$defs/NAME'.");
            }
            if (name.equals("$ref")) {
                parts = referred(root, value.asString(""), within, parts);
            } else if (NAMED.contains(name)) {
                for (JsonNode each : value) {
                    parts = parts(root, each, within, parts);
                }
            } else if (!VALUES.contains(name) && !name.equals("$defs")) {
                parts = parts(root, value, within, parts);
            }
        }
        if (part.isArray()) {
            for (JsonNode each : part) {
                parts = parts(root, each, within, parts);
            }
        }
        return parts;
    }

    private static int referred(JsonNode root, String to, List<String> within, int before) {
        if (!to.startsWith("#/")) {
            throw CommonError.INVALID.because("The schema of an answer refers to '" + to
                    + "'. It may refer to its own parts only, as '#/$defs/NAME'.");
        }
        if (within.contains(to)) {
            throw CommonError.INVALID.because(
                    "The schema of an answer refers to '" + to
                            + "' from within: how long it takes would hang on the answer. Write out as many levels as you need.");
        }
        JsonNode part = root.at(JsonPointer.compile(to.substring(1)));
        if (part.isMissingNode()) {
            throw CommonError.INVALID.because(
                    "The schema of an answer refers to '" + to + "', which it does not have.");
        }
        var deeper = new ArrayList<>(within);
        deeper.add(to);
        return parts(root, part, deeper, before);
    }

    /** Whether an answer is JSON as the schema describes it. */
    boolean describes(String answer) {
        try {
            return schema.validate(Json.parse(answer)).isEmpty();
        } catch (PilothouseException _) {
            return false;
        }
    }
}
