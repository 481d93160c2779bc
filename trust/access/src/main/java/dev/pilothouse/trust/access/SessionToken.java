package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.Digest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The secret of a session: {@code phs_} and 256 random bits in base64url. As with keys, what cannot be guessed is stored by
 * its plain SHA-256.
 *
 * @param text the whole token
 */
record SessionToken(String text) {
    private static final Pattern FORM = Pattern.compile("phs_[A-Za-z0-9_-]{43}");

    /** A new token. */
    static SessionToken make(SecureRandom random) {
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        return new SessionToken("phs_" + Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
    }

    /** Reads a token; empty where it has another form. */
    static Optional<SessionToken> parse(String text) {
        return FORM.matcher(text).matches() ? Optional.of(new SessionToken(text)) : Optional.empty();
    }

    /** What is stored of it. */
    Digest hash() {
        return Digest.of(text);
    }

    @Override
    public String toString() {
        return "SessionToken";
    }
}
