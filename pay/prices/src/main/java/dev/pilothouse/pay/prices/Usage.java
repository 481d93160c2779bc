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
    public static final Usage NONE = new Usage(new long[TokenClass.all().size()], 0, 0, 0);

    private final long[] tokens;
    private final long requests;
    private final long searches;
    private final long images;

    private Usage(long[] tokens, long requests, long searches, long images) {
        this.tokens = tokens;
        this.requests = requests;
        this.searches = searches;
        this.images = images;
    }

    /**
     * The same with another count of one class.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} outside 0 to {@link #MOST}
     */
    public Usage with(TokenClass tokenClass, long count) {
        long[] more = tokens.clone();
        more[tokenClass.slot()] = checked(count);
        return new Usage(more, requests, searches, images);
    }

    /** The same with another number of requests that are billed by the piece; see {@link #with}. */
    public Usage withRequests(long count) {
        return new Usage(tokens, checked(count), searches, images);
    }

    /** The same with another number of searches that the provider made; see {@link #with}. */
    public Usage withSearches(long count) {
        return new Usage(tokens, requests, checked(count), images);
    }

    /** The same with another number of images that are billed by the piece; see {@link #with}. */
    public Usage withImages(long count) {
        return new Usage(tokens, requests, searches, checked(count));
    }

    /** Both together; see {@link #with}. */
    public Usage plus(Usage other) {
        long[] sums = new long[tokens.length];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = checked(tokens[i] + other.tokens[i]);
        }
        return new Usage(
                sums,
                checked(requests + other.requests),
                checked(searches + other.searches),
                checked(images + other.images));
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
        return requests;
    }

    /** Searches that the provider made. */
    public long searches() {
        return searches;
    }

    /** Images that are billed by the piece. */
    public long images() {
        return images;
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
        return o instanceof Usage other
                && Arrays.equals(tokens, other.tokens)
                && requests == other.requests
                && searches == other.searches
                && images == other.images;
    }

    @Override
    public int hashCode() {
        return 31 * (31 * (31 * Arrays.hashCode(tokens) + Long.hashCode(requests)) + Long.hashCode(searches))
                + Long.hashCode(images);
    }

    @Override
    public String toString() {
        var text = new StringBuilder("Usage[");
        for (TokenClass each : TokenClass.all()) {
            if (tokens(each) > 0) {
                text.append(each.label()).append('=').append(tokens(each)).append(' ');
            }
        }
        return text.append("requests=" + requests + " searches=" + searches + " images=" + images + "]")
                .toString();
    }
}
