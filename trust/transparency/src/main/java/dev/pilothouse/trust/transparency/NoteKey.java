package dev.pilothouse.trust.transparency;

import dev.pilothouse.kernel.Digest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/**
 * The public half of the key that signs the ledger: a name and an Ed25519 key (C2SP signed-note). Its text form is {@code
 * <name>+<key id in hex>+<base64 of 0x01 and the key>}, which is what an auditor keeps to check the ledger without
 * trusting the server.
 */
public final class NoteKey {
    /** What precedes the 32 raw bytes in X.509 form (RFC 8410). */
    private static final byte[] X509_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

    private static final byte ED25519 = 1;

    private final String name;
    private final byte[] raw;
    private final PublicKey key;

    private NoteKey(String name, byte[] raw, PublicKey key) {
        this.name = name;
        this.raw = raw;
        this.key = key;
    }

    /**
     * A key by its 32 raw bytes (RFC 8032).
     *
     * @throws IllegalArgumentException where these are not 32 bytes of a key, or the name is empty or holds a space or a plus
     */
    static NoteKey of(String name, byte[] raw) {
        if (raw.length != 32
                || name.isEmpty()
                || name.chars().anyMatch(c -> c <= ' ' || c == '+' || Character.isSpaceChar(c))) {
            throw new IllegalArgumentException("A key has a name without spaces and 32 bytes");
        }
        try {
            byte[] encoded = Arrays.copyOf(X509_PREFIX, X509_PREFIX.length + 32);
            System.arraycopy(raw, 0, encoded, X509_PREFIX.length, 32);
            PublicKey key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
            return new NoteKey(name, raw.clone(), key);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("Not an Ed25519 key", e);
        }
    }

    /** The name of a public key of the JDK and its raw bytes. */
    public static NoteKey of(String name, PublicKey key) {
        byte[] encoded = key.getEncoded();
        return of(name, Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length));
    }

    /**
     * Reads the text form.
     *
     * @throws IllegalArgumentException where the text is not exactly what {@link #toString()} writes
     */
    public static NoteKey parse(String text) {
        int first = text.indexOf('+');
        int second = text.indexOf('+', first + 1);
        if (first > 0 && second > first) {
            byte[] typed = Base64.getDecoder().decode(text.substring(second + 1));
            if (typed.length == 33 && typed[0] == ED25519) {
                NoteKey key = of(text.substring(0, first), Arrays.copyOfRange(typed, 1, 33));
                if (key.toString().equals(text)) {
                    return key;
                }
            }
        }
        throw new IllegalArgumentException("Not a ledger's public key of the form name+id+key");
    }

    /** The name, which is also the origin of the log. */
    public String name() {
        return name;
    }

    /** First four bytes of {@code SHA-256(name || 0x0A || 0x01 || key)}. */
    byte[] id() {
        var sha = Digest.sha256();
        sha.update(name.getBytes(StandardCharsets.UTF_8));
        sha.update((byte) '\n');
        sha.update(ED25519);
        return Arrays.copyOf(sha.digest(raw), 4);
    }

    /** Whether the signature of the text is this key's. */
    boolean verifies(byte[] text, byte[] signature) {
        try {
            var ed25519 = Signature.getInstance("Ed25519");
            ed25519.initVerify(key);
            ed25519.update(text);
            return ed25519.verify(signature);
        } catch (GeneralSecurityException e) {
            // a signature that cannot even be read is no signature of this key
            return false;
        }
    }

    @Override
    public String toString() {
        byte[] typed = new byte[33];
        typed[0] = ED25519;
        System.arraycopy(raw, 0, typed, 1, 32);
        return name + "+" + HexFormat.of().formatHex(id()) + "+"
                + Base64.getEncoder().encodeToString(typed);
    }
}
