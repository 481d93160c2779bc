package dev.pilothouse.know.mlflow;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The parameters of one MLflow request: the query of a GET, the JSON body of all others. Reads numbers also from strings,
 * as protobuf's JSON does. Fields that are null count as absent.
 */
public final class MlflowRequest {
    private final ObjectNode fields;

    private MlflowRequest(ObjectNode fields) {
        this.fields = fields;
    }

    /**
     * Reads a call's parameters.
     *
     * @throws PilothouseException MALFORMED_REQUEST where the body is no JSON object
     */
    public static MlflowRequest of(Call call) {
        if (call.body().length > 0 && !call.method().equals("GET")) {
            try {
                return new MlflowRequest(Json.parseObject(call.body()));
            } catch (PilothouseException e) {
                throw MlflowError.MALFORMED_REQUEST.because(e.detail(), e);
            }
        }
        ObjectNode fields = Json.object();
        call.query().forEach((name, values) -> {
            if (values.size() == 1) {
                fields.put(name, values.getFirst());
            } else {
                ArrayNode array = fields.putArray(name);
                values.forEach(array::add);
            }
        });
        return new MlflowRequest(fields);
    }

    /** The parameters of an object inside a request. */
    public static MlflowRequest of(ObjectNode fields) {
        return new MlflowRequest(fields);
    }

    /** All fields, as sent. */
    public ObjectNode fields() {
        return fields;
    }

    /** Whether the field is there and not null. */
    public boolean has(String name) {
        JsonNode node = fields.get(name);
        return node != null && !node.isNull();
    }

    /** A text field; numbers and booleans are taken as their text. */
    public Optional<String> text(String name) {
        JsonNode node = fields.get(name);
        if (node == null || node.isNull()) {
            return Optional.empty();
        }
        if (node.isContainer()) {
            throw invalid(name, node, "Use a string.");
        }
        return Optional.of(node.asString());
    }

    /** As {@link #text}, where empty counts as absent. */
    public Optional<String> filled(String name) {
        return text(name).filter(value -> !value.isEmpty());
    }

    /** A text field that must be there and not empty. */
    public String required(String name) {
        return filled(name).orElseThrow(() -> missing(name));
    }

    /** A run's id, under its current or its older name. */
    public String runId() {
        return filled("run_id").or(() -> filled("run_uuid")).orElseThrow(() -> missing("run_id"));
    }

    /** A whole number. */
    public Optional<Long> number(String name) {
        JsonNode node = fields.get(name);
        if (node == null || node.isNull() || (node.isString() && node.asString().isEmpty())) {
            return Optional.empty();
        }
        try {
            if (node.isIntegralNumber() && node.canConvertToLong()) {
                return Optional.of(node.asLong());
            }
            if (node.isString()) {
                return Optional.of(Long.parseLong(node.asString()));
            }
            if (node.isNumber() && node.asDouble() == Math.rint(node.asDouble())) {
                return Optional.of((long) node.asDouble());
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw invalid(name, node, "Use a whole number of at most 64 bits.");
    }

    /** A fraction; the strings NaN, Infinity and -Infinity are taken as protobuf writes them. */
    public Optional<Double> fraction(String name) {
        JsonNode node = fields.get(name);
        return node == null || node.isNull() ? Optional.empty() : Optional.of(fraction(name, node));
    }

    /** Reads a JSON number, or a string that protobuf would read as a double. */
    public static double fraction(String name, JsonNode node) {
        if (node.isNumber()) {
            return node.asDouble();
        }
        if (node.isString()) {
            try {
                return switch (node.asString()) {
                    case "NaN" -> Double.NaN;
                    case "Infinity" -> Double.POSITIVE_INFINITY;
                    case "-Infinity" -> Double.NEGATIVE_INFINITY;
                    default -> Double.parseDouble(node.asString());
                };
            } catch (NumberFormatException e) {
                // reported below
            }
        }
        throw invalid(name, node, "Please specify value as a valid double (64-bit floating point).");
    }

    /** A truth value, or false. */
    public boolean flag(String name) {
        return switch (text(name).orElse("false")) {
            case "true", "True" -> true;
            case "false", "False", "" -> false;
            default -> throw invalid(name, fields.get(name), "Use true or false.");
        };
    }

    /** A list of texts; a single value counts as a list of one. */
    public List<String> texts(String name) {
        JsonNode node = fields.get(name);
        if (node == null || node.isNull()) {
            return List.of();
        }
        var out = new ArrayList<String>();
        for (JsonNode element : node.isArray() ? node : List.of(node)) {
            if (element.isContainer() || element.isNull()) {
                throw invalid(name, element, "Use a list of strings.");
            }
            out.add(element.asString());
        }
        return out;
    }

    /** A list of objects; empty where absent. */
    public List<ObjectNode> objects(String name) {
        JsonNode node = fields.get(name);
        if (node == null || node.isNull()) {
            return List.of();
        }
        if (!(node instanceof ArrayNode array)) {
            throw invalid(name, node, "Use a list of objects.");
        }
        var out = new ArrayList<ObjectNode>(array.size());
        for (JsonNode element : array) {
            if (!(element instanceof ObjectNode object)) {
                throw invalid(name, element, "Use a list of objects.");
            }
            out.add(object);
        }
        return out;
    }

    /** A list of pairs {@code [{key, value}]}, in order; a pair without key has the empty one. */
    public Map<String, String> pairs(String name) {
        var pairs = new LinkedHashMap<String, String>();
        for (ObjectNode node : objects(name)) {
            MlflowRequest pair = of(node);
            pairs.put(pair.text("key").orElse(""), pair.text("value").orElse(""));
        }
        return pairs;
    }

    /**
     * How many results a page may have.
     *
     * @throws PilothouseException INVALID_PARAMETER_VALUE outside [1, most]
     */
    public int maxResults(int fallback, int most) {
        long value = number("max_results").orElse((long) fallback);
        if (value < 1 || value > most) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because(
                    "Invalid value for request parameter max_results. It must be" + " between 1 and " + most
                            + ", but got value " + value + ".");
        }
        return (int) value;
    }

    /** The refusal of a parameter that must be there. */
    public static PilothouseException missing(String name) {
        return MlflowError.INVALID_PARAMETER_VALUE.because("Missing value for required parameter '" + name
                + "'. See the API docs for more information about request parameters.");
    }

    /** The refusal of a parameter's value. */
    public static PilothouseException invalid(String name, @Nullable Object value, String hint) {
        String shown = String.valueOf(value);
        return MlflowError.INVALID_PARAMETER_VALUE.because("Invalid value "
                + (shown.length() > 200 ? shown.substring(0, 200) + "…" : shown) + " for parameter '" + name
                + "' supplied. " + hint);
    }
}
