package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.Problem;
import java.util.ArrayList;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the fields of requests. Stateless. */
final class Bodies {
    private Bodies() {}

    static void known(ObjectNode body, Set<String> keys) {
        var problems = new ArrayList<Problem>();
        body.propertyNames().forEach(key -> {
            if (!keys.contains(key)) {
                problems.add(new Problem(key, "There is no field '" + key + "' here." + Nearest.hint(key, keys)));
            }
        });
        if (!problems.isEmpty()) {
            throw CommonError.invalid("The request has fields that are not known; nothing was changed.", problems);
        }
    }

    static Optional<String> text(ObjectNode body, String key) {
        JsonNode value = body.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isString() || value.stringValue().length() > 4_000) {
            throw CommonError.INVALID.because("'" + key + "' must be a text of at most 4,000 characters.");
        }
        return Optional.of(value.stringValue()).filter(text -> !text.isBlank());
    }

    static boolean flag(ObjectNode body, String key) {
        JsonNode value = body.path(key);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw CommonError.INVALID.because("'" + key + "' must be true or false.");
        }
        return value.asBoolean(false);
    }
}
