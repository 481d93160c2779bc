package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.CommonError;
import java.util.Arrays;

/**
 * What a call used, in disjoint counts: a token that was read from the cache is not counted as input, one of reasoning not as
 * output. Each count is from 0 to 10^12. Immutable.
 */
public final class Usage {
    /** The largest count: a million million. */
    public static final long MOST = 1_000_000_000_000L;

    /** Nothing at all. */
    public static final Usage NONE = new Usage(new long[TokenClass.all().size()], new long[5]);

    private static final int REQUESTS = 0;
    private static final int SEARCHES = 1;
    private static final int IMAGES = 2;
    private static final int CHARACTERS = 3;
    private static final int AUDIO_MILLIS = 4;

    private final long[] tokens;
    private final long[] pieces;

    private Usage(long[] tokens, long[] pieces) {
        this.tokens = tokens;
        this.pieces = pieces;
    }

    /**
     * The same with another count of one class.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} outside 0 to {@link #MOST}
     */
    public Usage with(TokenClass tokenClass, long count) {
        long[] more = tokens.clone();
        more[tokenClass.slot()] = checked(count);
        return new Usage(more, pieces);
    }

    /** The same with another number of requests that are billed by the piece; see {@link #with}. */
    public Usage withRequests(long count) {
        return with(REQUESTS, count);
    }

    /** The same with another number of searches that the provider made; see {@link #with}. */
    public Usage withSearches(long count) {
        return with(SEARCHES, count);
    }

    /** The same with another number of images that are billed by the piece; see {@link #with}. */
    public Usage withImages(long count) {
        return with(IMAGES, count);
    }

    /** The same with another number of characters (Unicode code points) that are spoken; see {@link #with}. */
    public Usage withCharacters(long count) {
        return with(CHARACTERS, count);
    }

    /** The same with another length of sound that is listened to, in milliseconds; see {@link #with}. */
    public Usage withAudioMillis(long count) {
        return with(AUDIO_MILLIS, count);
    }

    private Usage with(int piece, long count) {
        long[] more = pieces.clone();
        more[piece] = checked(count);
        return new Usage(tokens, more);
    }

    /** The tokens and requests alone: without images, characters and sound. */
    Usage byTokens() {
        return withImages(0).withCharacters(0).withAudioMillis(0);
    }

    /** The images, characters, sound and the like alone: without tokens. */
    Usage byPieces() {
        return new Usage(NONE.tokens, pieces);
    }

    /** Both together; see {@link #with}. */
    public Usage plus(Usage other) {
        long[] sums = new long[tokens.length];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = checked(tokens[i] + other.tokens[i]);
        }
        long[] both = new long[pieces.length];
        for (int i = 0; i < both.length; i++) {
            both[i] = checked(pieces[i] + other.pieces[i]);
        }
        return new Usage(sums, both);
    }

    /** Tokens of one class. */
    public long tokens(TokenClass tokenClass) {
        return tokens[tokenClass.slot()];
    }

    /** Tokens on the way in, cached ones included: the length of the context, which tiers look at. */
    public long inputSideTokens() {
        return sum(TokenClass.INPUT_SIDE);
    }

    /** Tokens on the way out, reasoning included. */
    public long outputSideTokens() {
        return sum(TokenClass.OUTPUT_SIDE);
    }

    /** Requests that are billed by the piece. */
    public long requests() {
        return pieces[REQUESTS];
    }

    /** Searches that the provider made. */
    public long searches() {
        return pieces[SEARCHES];
    }

    /** Images that are billed by the piece. */
    public long images() {
        return pieces[IMAGES];
    }

    /** Characters, as Unicode code points, that are spoken. */
    public long characters() {
        return pieces[CHARACTERS];
    }

    /** Milliseconds of sound that is listened to. */
    public long audioMillis() {
        return pieces[AUDIO_MILLIS];
    }

    private long sum(Iterable<TokenClass> classes) {
        long sum = 0;
        for (TokenClass each : classes) {
            sum += tokens(each);
        }
        return sum;
    }

    private static long checked(long count) {
        if (count < 0 || count > MOST) {
            throw CommonError.INVALID.because("A usage counts from 0 to " + MOST + " of each kind, not " + count + ".");
        }
        return count;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Usage other && Arrays.equals(tokens, other.tokens) && Arrays.equals(pieces, other.pieces);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(tokens) + Arrays.hashCode(pieces);
    }

    @Override
    public String toString() {
        var text = new StringBuilder("Usage[");
        for (TokenClass each : TokenClass.all()) {
            if (tokens(each) > 0) {
                text.append(each.label()).append('=').append(tokens(each)).append(' ');
            }
        }
        return text.append("requests=" + requests() + " searches=" + searches() + " images=" + images())
                .append(" characters=" + characters() + " audio-millis=" + audioMillis() + "]")
                .toString();
    }
}
