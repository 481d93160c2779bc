package dev.pilothouse.trust.invitations;

import dev.pilothouse.kernel.Digest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The secret of an invitation: {@code phi_} and 256 random bits in base64url. What cannot be guessed is stored by its plain
 * SHA-256, as keys are.
 *
 * @param text the whole token
 */
record InvitationToken(String text) {
    private static final Pattern FORM = Pattern.compile("phi_[A-Za-z0-9_-]{43}");

    static InvitationToken make(SecureRandom random) {
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        return new InvitationToken(
                "phi_" + Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
    }

    /** Reads a token, also out of the link that carries it; empty where it has another form. */
    static Optional<InvitationToken> parse(String text) {
        String bare = text.substring(text.lastIndexOf('#') + 1).strip();
        return FORM.matcher(bare).matches() ? Optional.of(new InvitationToken(bare)) : Optional.empty();
    }

    /** What is stored of it. */
    Digest hash() {
        return Digest.of(text);
    }

    @Override
    public String toString() {
        return "InvitationToken";
    }
}
