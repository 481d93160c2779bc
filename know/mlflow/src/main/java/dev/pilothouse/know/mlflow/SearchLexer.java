package dev.pilothouse.know.mlflow;

import dev.pilothouse.kernel.PilothouseException;
import java.util.ArrayList;
import java.util.List;

/** Cuts a filter or an order into tokens. */
final class SearchLexer {
    /** Sorts of tokens. */
    enum Type {
        /** A name, possibly of several parts; its text has the quotes removed and the first part cut off. */
        NAME,
        TEXT,
        NUMBER,
        /** A comparison sign. */
        SIGN,
        OPEN,
        CLOSE,
        COMMA
    }

    /**
     * A token.
     *
     * @param entity for a NAME of several parts the first, otherwise empty
     * @param text for a NAME the rest, for a TEXT what is between the quotes
     * @param raw as written
     */
    record Token(Type type, String entity, String text, String raw) {
        boolean is(String keyword) {
            return type == Type.NAME && raw.equalsIgnoreCase(keyword);
        }
    }

    private final String input;
    private final List<Token> tokens = new ArrayList<>();
    private int at;

    private SearchLexer(String input) {
        this.input = input;
    }

    static List<Token> tokens(String input) {
        return new SearchLexer(input).run();
    }

    private List<Token> run() {
        while (at < input.length()) {
            char c = input.charAt(at);
            if (Character.isWhitespace(c)) {
                at++;
            } else if (c == '\'' || (c == '"' && !quotedName())) {
                int start = at;
                String text = quoted(c);
                add(Type.TEXT, "", text, start);
            } else if (c == '(' || c == ')' || c == ',') {
                at++;
                add(c == '(' ? Type.OPEN : c == ')' ? Type.CLOSE : Type.COMMA, "", String.valueOf(c), at - 1);
            } else if ("=<>!".indexOf(c) >= 0) {
                sign();
            } else if (startsNumber()) {
                number();
            } else if (startsName(c)) {
                name();
            } else {
                throw refuse("Unexpected character '" + c + "'");
            }
        }
        return tokens;
    }

    private boolean quotedName() {
        int end = input.indexOf('"', at + 1);
        return end > 0 && end + 1 < input.length() && input.charAt(end + 1) == '.';
    }

    private boolean startsNumber() {
        char c = input.charAt(at);
        if (c == '-' || c == '+' || c == '.') {
            return at + 1 < input.length() && (Character.isDigit(input.charAt(at + 1)) || input.charAt(at + 1) == '.');
        }
        return Character.isDigit(c);
    }

    private static boolean startsName(char c) {
        return Character.isLetter(c) || c == '_' || c == '`' || c == '"';
    }

    private static boolean continuesName(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '.' || c == '-' || c == '/';
    }

    private void sign() {
        int start = at++;
        if (at < input.length()
                && (input.charAt(at) == '=' || (input.charAt(start) == '<' && input.charAt(at) == '>'))) {
            at++;
        }
        String sign = input.substring(start, at);
        add(Type.SIGN, "", sign.equals("<>") ? "!=" : sign.equals("==") ? "=" : sign, start);
    }

    private void number() {
        int start = at++;
        while (at < input.length()) {
            char c = input.charAt(at);
            boolean exponentSign = (c == '-' || c == '+') && "eE".indexOf(input.charAt(at - 1)) >= 0;
            if (!Character.isLetterOrDigit(c) && c != '.' && !exponentSign) {
                break;
            }
            at++;
        }
        String text = input.substring(start, at);
        try {
            Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw refuse("'" + text + "' is no number");
        }
        add(Type.NUMBER, "", text, start);
    }

    /** Parts are separated by dots; a part may be quoted by backticks or double quotes. The first dot ends the entity. */
    private void name() {
        int start = at;
        var parts = new StringBuilder();
        String entity = "";
        boolean entityDone = false;
        while (at < input.length()) {
            char c = input.charAt(at);
            if (c == '`' || c == '"') {
                parts.append(quoted(c));
            } else if (c == '.' && !entityDone) {
                entity = parts.toString();
                parts.setLength(0);
                entityDone = true;
                at++;
            } else if (continuesName(c)) {
                parts.append(c);
                at++;
            } else {
                break;
            }
        }
        add(Type.NAME, entity, parts.toString(), start);
    }

    private String quoted(char quote) {
        var text = new StringBuilder();
        int start = at++;
        while (at < input.length()) {
            char c = input.charAt(at++);
            if (c != quote) {
                text.append(c);
            } else if (quote != '`' && at < input.length() && input.charAt(at) == quote) {
                text.append(c);
                at++;
            } else {
                return text.toString();
            }
        }
        at = start;
        throw refuse("The quote " + quote + " is not closed");
    }

    private void add(Type type, String entity, String text, int start) {
        tokens.add(new Token(type, entity, text, input.substring(start, at)));
    }

    private PilothouseException refuse(String what) {
        return MlflowError.INVALID_PARAMETER_VALUE.because(what + " at position " + (at + 1) + " of '" + input
                + "'. Quote texts as 'text' and unusual keys as `key`.");
    }
}
