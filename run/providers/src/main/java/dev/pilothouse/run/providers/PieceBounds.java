package dev.pilothouse.run.providers;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.prices.CallLimits;
import dev.pilothouse.pay.prices.PriceError;
import dev.pilothouse.pay.prices.PriceRow;
import dev.pilothouse.pay.prices.Rates;
import dev.pilothouse.run.llm.Asked;
import dev.pilothouse.run.llm.Dialect.Unit;
import dev.pilothouse.run.llm.Pieces;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What pictures, speech, transcripts and orders of documents can cost at most, which are billed by tokens or by the piece: the
 * dearer of the ways that the price has.
 *
 * <p>Of tokens, the text bounds those on the way in; of sound, so many a second ({@link #TOKENS_PER_SECOND}); of a reranker, the
 * query once more with every part of a document. A picture on the way out has at most {@link #PICTURE_TOKENS}, or what the price
 * table says that the model gives out; other answers what that table or the provider's declaration says.
 *
 * @param nanoUsd what it costs at most; 0 where it is unpriced
 * @param inputTokens tokens on the way in, at most
 * @param outputTokens tokens on the way out, at most
 */
public record PieceBounds(long nanoUsd, long inputTokens, long outputTokens) {
    /** OpenAI's dearest picture has 6,240 tokens (Image generation, "Cost and latency"), and each of three partial ones 100. */
    private static final long PICTURE_TOKENS = 8_192;
    /** OpenAI documents 10 tokens for a second of sound, Gemini 32. */
    private static final long TOKENS_PER_SECOND = 32;

    /** Whether a row has a price for a request, in any way in which it may be billed. */
    public static boolean isPriced(Asked asked, PriceRow row) {
        return asked.dialect().unit() == Unit.TOKENS
                || byPieces(asked.pieces(), row.rates()).isPresent()
                || byTokens(asked, 1, asked.dialect().unit() == Unit.SEARCHES ? 0 : 1, row.rates())
                        .isPresent();
    }

    /**
     * Bounds a request; empty where nobody can say, since a document is a picture and the model's limits are not known.
     *
     * @param row a price that {@link #isPriced} it; empty where nobody asks
     */
    public static Optional<PieceBounds> of(Asked asked, Provider provider, Optional<PriceRow> row) {
        OptionalLong text = provider.overheads()
                .inputBound(asked, row.map(PriceRow::maxInputTokens).orElse(0L));
        return text.isEmpty() ? Optional.empty() : Optional.of(of(asked, provider, row, text.getAsLong()));
    }

    private static PieceBounds of(Asked asked, Provider provider, Optional<PriceRow> row, long text) {
        Pieces pieces = asked.pieces();
        long in = Math.addExact(text, more(pieces, provider));
        long known = row.map(PriceRow::maxOutputTokens).orElse(0L);
        long out =
                switch (pieces.unit()) {
                    case IMAGES -> Math.multiplyExact(known > 0 ? known : PICTURE_TOKENS, pieces.images());
                    case CHARACTERS, SOUND -> provider.mostOutput(row);
                    case SEARCHES, TOKENS -> 0;
                };
        long nanoUsd = row.map(PriceRow::rates)
                .map(rates -> Math.max(
                        byTokens(asked, in, out, rates).orElse(0),
                        byPieces(pieces, rates).orElse(0)))
                .orElse(0L);
        return new PieceBounds(nanoUsd, in, out);
    }

    /** Tokens beyond those of the text. */
    private static long more(Pieces pieces, Provider provider) {
        return switch (pieces.unit()) {
            case SOUND -> Math.ceilDiv(pieces.sound().mostMillis() * TOKENS_PER_SECOND, 1_000L);
            case SEARCHES ->
                Math.multiplyExact(
                        pieces.parts(),
                        pieces.queryBytes() + provider.overheads().message());
            case IMAGES, CHARACTERS, TOKENS -> 0;
        };
    }

    private static OptionalLong byTokens(Asked asked, long in, long out, Rates rates) {
        return ceiling(rates, new CallLimits(in, out, asked.pieces().searches(), 0, 0));
    }

    private static OptionalLong byPieces(Pieces pieces, Rates rates) {
        CallLimits limits =
                switch (pieces.unit()) {
                    case IMAGES -> new CallLimits(0, 0, 1, 0, pieces.images());
                    case CHARACTERS -> new CallLimits(0, 0, 1, 0, 0, pieces.characters(), 0);
                    case SOUND ->
                        new CallLimits(0, 0, 1, 0, 0, 0, pieces.sound().mostMillis());
                    case SEARCHES, TOKENS -> new CallLimits(0, 0, pieces.searches(), 0, 0);
                };
        boolean searches = pieces.unit() == Unit.SEARCHES;
        return searches && rates.perRequestNanoUsd().isEmpty() ? OptionalLong.empty() : ceiling(rates, limits);
    }

    /** Empty where something of it is unpriced. */
    private static OptionalLong ceiling(Rates rates, CallLimits limits) {
        try {
            return OptionalLong.of(rates.ceilingNanoUsd(limits));
        } catch (PilothouseException refusal) {
            if (refusal.code() == PriceError.UNPRICED) {
                return OptionalLong.empty();
            }
            throw refusal;
        }
    }
}
