package dev.pilothouse.trust.ledger;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.platform.journal.JournalRecord;
import dev.pilothouse.platform.json.CanonicalJson;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.trust.transparency.Envelope;
import dev.pilothouse.trust.transparency.Payload;
import dev.pilothouse.trust.transparency.TreeHasher;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedDeque;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.node.ObjectNode;

/**
 * Turns entries into leaves and sealed payloads, and opens payloads again.
 *
 * <p>A sealed payload is {@code 0x01 || AES-KW(tenant key, data key) || AES-256-GCM(data key, salt || document)}, its
 * associated data the entry's id, its nonce zero because a data key encrypts once (NIST SP 800-38D, section 8.2.1, with a
 * key per message). AES key wrap (RFC 3394) needs no nonce, so a tenant's key may wrap without limit. The document is the
 * canonical JSON {@code {"by": actor's name, "facts": payload}}. Thread-safe.
 */
final class Sealer {
    private static final byte VERSION = 1;
    private static final int KEY = 32;
    private static final int SALT = 32;
    private static final int WRAPPED = KEY + 8;
    private static final int TAG = 16;
    private static final int MAX_LEAF = 0xffff;

    private final Ids ids;
    private final InstantSource clock;
    /** Ciphers and randomness cost more to make than to use; threads take a set and put it back. */
    private final ConcurrentLinkedDeque<Tools> idle = new ConcurrentLinkedDeque<>();

    Sealer(Ids ids, InstantSource clock) {
        this.ids = ids;
        this.clock = clock;
    }

    /** What one entry's sealing works with. */
    private static final class Tools {
        private final Cipher gcm;
        private final Cipher wrap;
        private final MessageDigest sha256 = Digest.sha256();
        private final TreeHasher hasher = new TreeHasher();
        private final SecureRandom random = new SecureRandom();
        private final byte[] entropy = new byte[64 * (KEY + SALT)];
        private int used = entropy.length;

        Tools() {
            try {
                gcm = Cipher.getInstance("AES/GCM/NoPadding");
                wrap = Cipher.getInstance("AES/KW/NoPadding");
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("The Java platform lacks AES-GCM or AES key wrap", e);
            }
        }

        /** Fresh random bytes, drawn from the system 64 entries at a time and forgotten when given out. */
        byte[] random(int length) {
            if (used + length > entropy.length) {
                random.nextBytes(entropy);
                used = 0;
            }
            byte[] bytes = Arrays.copyOfRange(entropy, used, used + length);
            Arrays.fill(entropy, used, used + length, (byte) 0);
            used += length;
            return bytes;
        }
    }

    SealedEntry seal(LedgerEntry entry, SecretKey tenantKey) {
        Tools pooled = idle.pollFirst();
        Tools tools = pooled == null ? new Tools() : pooled;
        SealedEntry sealed = seal(entry, tenantKey, tools);
        // tools whose cipher failed in the middle are dropped, not put back
        idle.addFirst(tools);
        return sealed;
    }

    private SealedEntry seal(LedgerEntry entry, SecretKey tenantKey, Tools tools) {
        byte[] document = canonical(entry);
        byte[] salt = tools.random(SALT);
        tools.sha256.update(salt);
        Digest payload = new Digest(HexFormat.of().formatHex(tools.sha256.digest(document)));
        String id = ids.next();
        long millis = clock.millis();
        byte[] leaf = new Envelope(
                        id,
                        entry.actor().tenant(),
                        entry.kind(),
                        entry.subject(),
                        entry.actor().principal(),
                        entry.actor().kind().name().toLowerCase(Locale.ROOT),
                        millis,
                        payload)
                .leaf();
        if (leaf.length > MAX_LEAF) {
            throw LedgerError.ENTRY_INVALID.because(
                    "The ledger entry '" + entry.kind() + "' has a subject or principal of " + leaf.length
                            + " bytes; an entry without its payload holds at most " + MAX_LEAF + ".");
        }
        return new SealedEntry(new JournalRecord(
                id,
                entry.actor().tenant(),
                entry.kind(),
                entry.subject(),
                millis,
                leaf,
                tools.hasher.leaf(leaf),
                encrypt(id, salt, document, tenantKey, tools)));
    }

    private static byte[] canonical(LedgerEntry entry) {
        ObjectNode document = Json.object().put("by", entry.actor().name());
        document.set("facts", entry.payload());
        try {
            return CanonicalJson.bytes(document);
        } catch (IllegalArgumentException e) {
            throw LedgerError.ENTRY_INVALID.because(
                    "The payload of the ledger entry '" + entry.kind() + "' has no canonical form: " + e.getMessage()
                            + ".",
                    e);
        }
    }

    private static byte[] encrypt(String id, byte[] salt, byte[] document, SecretKey tenantKey, Tools tools) {
        try {
            Key dataKey = new SecretKeySpec(tools.random(KEY), "AES");
            tools.wrap.init(Cipher.WRAP_MODE, tenantKey);
            byte[] body = new byte[1 + WRAPPED + SALT + document.length + TAG];
            body[0] = VERSION;
            System.arraycopy(tools.wrap.wrap(dataKey), 0, body, 1, WRAPPED);
            tools.gcm.init(Cipher.ENCRYPT_MODE, dataKey, nonce());
            tools.gcm.updateAAD(id.getBytes(StandardCharsets.US_ASCII));
            int written = tools.gcm.update(salt, 0, SALT, body, 1 + WRAPPED);
            tools.gcm.doFinal(document, 0, document.length, body, 1 + WRAPPED + written);
            return body;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("A ledger payload could not be encrypted", e);
        }
    }

    /**
     * Decrypts a payload.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link LedgerError#LEDGER_BROKEN} where the bytes are not what was sealed
     */
    Payload open(String id, byte[] body, SecretKey tenantKey) {
        try {
            if (body.length < 1 + WRAPPED + SALT + TAG || body[0] != VERSION) {
                throw new GeneralSecurityException("unknown form");
            }
            Cipher unwrap = Cipher.getInstance("AES/KW/NoPadding");
            unwrap.init(Cipher.UNWRAP_MODE, tenantKey);
            Key dataKey = unwrap.unwrap(Arrays.copyOfRange(body, 1, 1 + WRAPPED), "AES", Cipher.SECRET_KEY);
            Cipher gcm = Cipher.getInstance("AES/GCM/NoPadding");
            gcm.init(Cipher.DECRYPT_MODE, dataKey, nonce());
            gcm.updateAAD(id.getBytes(StandardCharsets.US_ASCII));
            ByteBuffer clear = ByteBuffer.wrap(gcm.doFinal(body, 1 + WRAPPED, body.length - 1 - WRAPPED));
            byte[] salt = new byte[SALT];
            clear.get(salt);
            byte[] document = new byte[clear.remaining()];
            clear.get(document);
            return new Payload(salt, document);
        } catch (GeneralSecurityException e) {
            throw LedgerError.LEDGER_BROKEN.because(
                    "The stored payload of ledger entry " + id
                            + " was changed or its key is not this installation's. Run"
                            + " 'pilot audit verify' and restore the store and the keys folder from one backup.",
                    e);
        }
    }

    private static GCMParameterSpec nonce() {
        return new GCMParameterSpec(8 * TAG, new byte[12]);
    }
}
