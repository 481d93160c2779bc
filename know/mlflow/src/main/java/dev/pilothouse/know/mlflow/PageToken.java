package dev.pilothouse.know.mlflow;

import dev.pilothouse.kernel.PilothouseException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** Page tokens that name the next result's position. Opaque to clients. */
public final class PageToken {
    private PageToken() {}

    /**
     * A page of a whole result.
     *
     * @param items what is on it
     * @param next token of the next page
     */
    public record Page<T>(List<T> items, Optional<String> next) {
        public Page {
            items = List.copyOf(items);
        }
    }

    /** The token of a position. */
    public static String of(int offset) {
        return Base64.getUrlEncoder().encodeToString(("{\"offset\": " + offset + "}").getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The position a token names, 0 without one.
     *
     * @throws PilothouseException INVALID_PARAMETER_VALUE where it is none of ours
     */
    public static int offset(Optional<String> token) {
        if (token.isEmpty() || token.get().isEmpty()) {
            return 0;
        }
        try {
            String text = new String(
                    Base64.getUrlDecoder().decode(token.get().replace('+', '-').replace('/', '_')),
                    StandardCharsets.UTF_8);
            int colon = text.indexOf(':');
            int offset = Integer.parseInt(
                    text.substring(colon + 1, text.length() - 1).strip());
            if (offset >= 0 && text.startsWith("{\"offset\"")) {
                return offset;
            }
        } catch (IllegalArgumentException | StringIndexOutOfBoundsException e) {
            // reported below
        }
        throw MlflowError.INVALID_PARAMETER_VALUE.because("Invalid page token '" + token.get()
                + "'. Use the next_page_token of the page before, unchanged, with the same filter and order.");
    }

    /** Cuts a page out of a whole result. */
    public static <T> Page<T> cut(List<T> all, Optional<String> token, int most) {
        int from = Math.min(offset(token), all.size());
        int to = (int) Math.min((long) from + most, all.size());
        return new Page<>(all.subList(from, to), to < all.size() ? Optional.of(of(to)) : Optional.empty());
    }
}
