package dev.pilothouse.run.llm;

import dev.pilothouse.kernel.CommonError;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the value of a member that a parser is at. Stateless. */
final class Members {
    private static final int MOST_CHOICES = 128;
    private static final int LONGEST_NAME = 200;

    private Members() {}

    static int count(JsonParser in) {
        if (in.currentToken() == JsonToken.VALUE_NULL) {
            return 1;
        }
        boolean whole =
                in.currentToken() == JsonToken.VALUE_NUMBER_INT && in.getNumberType() == JsonParser.NumberType.INT;
        int value = whole ? in.getIntValue() : 0;
        if (value < 1 || value > MOST_CHOICES) {
            throw CommonError.INVALID.because(
                    "'" + in.currentName() + "' must be a whole number from 1 to " + MOST_CHOICES + ".");
        }
        return value;
    }

    static String text(String name, JsonParser in) {
        if (in.currentToken() != JsonToken.VALUE_STRING) {
            throw CommonError.INVALID.because("'" + name + "' must be a string.");
        }
        String text = in.getString();
        if (text.length() > LONGEST_NAME || text.chars().anyMatch(c -> c < ' ' || c == 127)) {
            throw CommonError.INVALID.because(
                    "'" + name + "' has at most " + LONGEST_NAME + " characters and no control characters.");
        }
        return text;
    }

    /** A text for records; what is none, or too long, is left out of them. */
    static String shortText(JsonParser in) {
        if (in.currentToken() != JsonToken.VALUE_STRING) {
            in.skipChildren();
            return "";
        }
        String text = in.getString();
        return text.length() > LONGEST_NAME ? "" : text;
    }

    static long spoken(JsonParser in) {
        if (in.currentToken() != JsonToken.VALUE_STRING) {
            throw CommonError.INVALID.because("'input' must be a string, the text that is to be spoken.");
        }
        String text = in.getString();
        return text.codePointCount(0, text.length());
    }

    /** Bytes of whatever is here. */
    static long bytes(JsonParser in) {
        if (in.currentToken() == JsonToken.VALUE_STRING) {
            return in.getString().getBytes(StandardCharsets.UTF_8).length;
        }
        long from = in.currentTokenLocation().getByteOffset();
        in.skipChildren();
        return in.currentLocation().getByteOffset() - from;
    }
}
