package dev.pilothouse.trust.backup;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.json.Json;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.node.ObjectNode;

/**
 * Key files under a passphrase: AES-256-GCM with a key by PBKDF2-HMAC-SHA-256 (RFC 8018), 600,000 iterations over a salt of
 * 16 random bytes.
 */
final class SealedKeys {
    static final String PART = "keys.json";
    static final int SHORTEST = 12;

    private static final int ITERATIONS = 600_000;
    private static final int MOST_ITERATIONS = 10_000_000;
    private static final int TAG_BITS = 128;

    private SealedKeys() {}

    /** @throws dev.pilothouse.kernel.PilothouseException INVALID where the passphrase is short */
    static byte[] seal(Map<String, byte[]> files, String passphrase, SecureRandom random) {
        if (passphrase.length() < SHORTEST) {
            throw CommonError.INVALID.because("A passphrase for the keys needs at least " + SHORTEST
                    + " characters: who has the backup and guesses it, has the keys.");
        }
        byte[] salt = new byte[16];
        byte[] nonce = new byte[12];
        random.nextBytes(salt);
        random.nextBytes(nonce);
        ObjectNode plain = Json.object();
        new TreeMap<>(files).forEach(plain::put);
        byte[] locked = cipher(Cipher.ENCRYPT_MODE, passphrase, salt, nonce, ITERATIONS, Json.bytes(plain));
        return Json.bytes(Json.object()
                .put("kdf", "PBKDF2WithHmacSHA256")
                .put("iterations", ITERATIONS)
                .put("salt", salt)
                .put("nonce", nonce)
                .put("sealed", locked));
    }

    /** @throws dev.pilothouse.kernel.PilothouseException {@link BackupError#KEYS_UNUSABLE} with another passphrase */
    static Map<String, byte[]> open(byte[] part, String passphrase) {
        ObjectNode root = Json.parseObject(part);
        int iterations = Math.min(MOST_ITERATIONS, root.required("iterations").asInt());
        byte[] plain = cipher(
                Cipher.DECRYPT_MODE,
                passphrase,
                bytes(root, "salt"),
                bytes(root, "nonce"),
                iterations,
                bytes(root, "sealed"));
        var files = new TreeMap<String, byte[]>();
        Json.parseObject(plain)
                .properties()
                .forEach(e -> files.put(
                        e.getKey(), Base64.getDecoder().decode(e.getValue().asString())));
        return files;
    }

    private static byte[] bytes(ObjectNode root, String field) {
        return Base64.getDecoder().decode(root.required(field).asString());
    }

    private static byte[] cipher(int mode, String passphrase, byte[] salt, byte[] nonce, int iterations, byte[] input) {
        try {
            var spec = new PBEKeySpec(passphrase.toCharArray(), salt, iterations, 256);
            byte[] key = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
            Cipher aes = Cipher.getInstance("AES/GCM/NoPadding");
            aes.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
            aes.updateAAD(PART.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            return aes.doFinal(input);
        } catch (AEADBadTagException e) {
            throw BackupError.KEYS_UNUSABLE.because(
                    "The passphrase is not the one that this backup's keys were encrypted with. Try again; where it is lost,"
                            + " give the folder of the original keys with --keys.",
                    e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform has AES-GCM and PBKDF2", e);
        }
    }
}
