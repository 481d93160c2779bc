package dev.pilothouse.run.guards;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Log probabilities in an answer, which say the answer a second time, a token at a time, as strings and as bytes, beside what the
 * model had nearly said.
 *
 * @param from the byte at which they begin
 * @param to behind their last byte
 * @param list whether they are a list, which becomes empty where they are taken out, and not null
 * @param says what they say: the tokens joined, their bytes joined, and each token, be it one that was not chosen, on a line of its own
 */
record Probabilities(int from, int to, boolean list, String says) {
    private static final String INSTEAD = "top_logprobs";

    /** Reads them; the parser is at their begin. */
    static Probabilities read(JsonParser in) {
        int from = Math.toIntExact(in.currentTokenLocation().getByteOffset());
        boolean list = in.currentToken() == JsonToken.START_ARRAY;
        var tokens = new StringBuilder();
        var bytes = new ByteArrayOutputStream();
        var others = new StringBuilder();
        var each = new ByteArrayOutputStream();
        String member = "";
        int depth = 0;
        int instead = 0;
        JsonToken token = in.currentToken();
        do {
            switch (token) {
                case START_OBJECT, START_ARRAY -> {
                    depth++;
                    instead = instead == 0 && member.equals(INSTEAD) ? depth : instead;
                }
                case END_OBJECT, END_ARRAY -> {
                    each.write('\n');
                    instead = instead == depth ? 0 : instead;
                    depth--;
                    member = "";
                }
                case PROPERTY_NAME -> {
                    member = in.currentName();
                    others.append(Place.isPlain(member) ? "" : member + "\n");
                }
                case VALUE_STRING -> {
                    others.append(in.getString()).append('\n');
                    tokens.append(instead > 0 ? "" : in.getString());
                }
                case VALUE_NUMBER_INT -> {
                    if (member.equals("bytes")) {
                        each.write(in.getValueAsInt());
                        if (instead == 0) {
                            bytes.write(in.getValueAsInt());
                        }
                    }
                }
                default -> {}
            }
            token = depth > 0 ? in.nextToken() : token;
        } while (depth > 0 && token != null);
        int to = Math.toIntExact(in.currentLocation().getByteOffset());
        String says = tokens + "\n" + bytes.toString(StandardCharsets.UTF_8) + "\n" + others + "\n"
                + each.toString(StandardCharsets.UTF_8);
        return new Probabilities(from, to, list, says);
    }

    /** What stands in their place where they are taken out. */
    byte[] none() {
        return (list ? "[]" : "null").getBytes(StandardCharsets.US_ASCII);
    }
}
