package dev.pilothouse.run.translation;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A value of a request, and where it stands, so that whatever is wrong with it can be named. A member that is null counts as one
 * that is not there, as both protocols have it.
 *
 * @param path such as {@code messages[2].content}; empty for the whole request
 */
record Place(String path, JsonNode value) {
    private static final int LONGEST = 200;

    /** A member, which may not be there. */
    Place at(String member) {
        return new Place(path.isEmpty() ? member : path + "." + member, value.path(member));
    }

    boolean exists() {
        return !value.isMissingNode() && !value.isNull();
    }

    /** A text that must be there. */
    String text() {
        if (!value.isString()) {
            throw mustBe("a string");
        }
        return value.asString();
    }

    /** A text, or the usual one where there is none. */
    String text(String usual) {
        return exists() ? text() : usual;
    }

    /** A truth value, or false where there is none. */
    boolean flag() {
        if (exists() && !value.isBoolean()) {
            throw mustBe("true or false");
        }
        return value.booleanValue(false);
    }

    /** A number that must be there. */
    JsonNode number() {
        amount();
        return value;
    }

    /** As {@link #number}. */
    double amount() {
        double amount = value.isNumber() ? value.decimalValue().doubleValue() : Double.NaN;
        if (!Double.isFinite(amount)) {
            throw mustBe("a number");
        }
        return amount;
    }

    /** An object that must be there. */
    ObjectNode object() {
        if (value instanceof ObjectNode object) {
            return object;
        }
        throw mustBe("an object");
    }

    /** The elements of a list that must be there. */
    List<Place> elements() {
        if (!value.isArray()) {
            throw mustBe("a list");
        }
        var elements = new ArrayList<Place>(value.size());
        for (JsonNode element : value) {
            elements.add(new Place(path + "[" + elements.size() + "]", element));
        }
        return elements;
    }

    /** An object of no other members than these. */
    Place only(Set<String> members) {
        for (String name : object().propertyNames()) {
            if (!members.contains(name) && at(name).exists()) {
                throw at(name).cannot("it is not known here");
            }
        }
        return this;
    }

    PilothouseException mustBe(String what) {
        return CommonError.INVALID.because(named() + " must be " + what + ".");
    }

    /** A refusal of what the other protocol cannot say. */
    PilothouseException cannot(String why) {
        return CommonError.INVALID.because(
                "'" + path + "' cannot be translated into the protocol of who answers this model: " + why
                        + ". Leave it out, or use a model whose provider speaks your client's protocol.");
    }

    /** The path in quotes, at a length that can be read. */
    private String named() {
        String where = path.isEmpty() ? "the body" : path;
        return "'" + (where.length() > LONGEST ? where.substring(0, LONGEST) + "…" : where) + "'";
    }
}
