package dev.pilothouse.run.llm;

import dev.pilothouse.pay.prices.Usage;
import java.util.List;
import java.util.Optional;

/**
 * What a request asks for that may be billed by the piece in place of tokens. Immutable.
 *
 * @param unit what its kind may be billed by
 * @param images pictures, where it asks for pictures, at least 1
 * @param size of the pictures, such as {@code 1024x1024}; empty where it says nothing
 * @param quality of the pictures, such as {@code hd}; empty where it says nothing
 * @param characters Unicode code points that are to be spoken
 * @param documents that are to be ordered
 * @param queryBytes of the query by which they are to be ordered
 * @param textBytes of all text
 * @param sound that is to be listened to
 */
public record Pieces(
        Dialect.Unit unit,
        int images,
        String size,
        String quality,
        long characters,
        int documents,
        long queryBytes,
        long textBytes,
        Sound sound) {
    /** Cohere counts so many documents as one search, and each so many tokens of a document, the query included, as a document. */
    private static final int SEARCH_DOCUMENTS = 100;

    private static final int DOCUMENT_TOKENS = 500;

    /**
     * Names under which price files tell of a model's pictures in the size and quality that are asked for, such as {@code
     * hd/1024-x-1024/dall-e-3}, as LiteLLM writes them; where no quality is named, the standard one counts.
     *
     * @param target the provider's name of the model
     */
    public List<String> sized(String target) {
        if (unit != Dialect.Unit.IMAGES || size.isEmpty()) {
            return List.of();
        }
        String sized = size.replace("x", "-x-") + "/" + target;
        return quality.isEmpty() ? List.of("standard/" + sized, sized) : List.of(quality + "/" + sized);
    }

    /**
     * Parts of documents that a reranker reads at most, each together with the query: a token is at least a byte, so that a
     * document of so many bytes has no more parts than these.
     */
    public long parts() {
        return documents + textBytes / Math.max(1, DOCUMENT_TOKENS - queryBytes);
    }

    /** Searches that are billed at most (Cohere, "Pricing", Rerank); of all that is no search, the one request that it is. */
    public long searches() {
        return unit == Dialect.Unit.SEARCHES ? Math.max(1, Math.ceilDiv(parts(), (long) SEARCH_DOCUMENTS)) : 1;
    }

    /** What is used that the request itself tells exactly, whatever the answer says; empty where it does not. */
    public Optional<Usage> counted() {
        return switch (unit) {
            case CHARACTERS -> Optional.of(Usage.NONE.withRequests(1).withCharacters(characters));
            case SOUND ->
                sound.exact()
                        ? Optional.of(Usage.NONE.withRequests(1).withAudioMillis(sound.mostMillis()))
                        : Optional.empty();
            case TOKENS, IMAGES, SEARCHES -> Optional.empty();
        };
    }
}
