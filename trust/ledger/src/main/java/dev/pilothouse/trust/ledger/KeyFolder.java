package dev.pilothouse.trust.ledger;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.trust.transparency.NoteKey;
import dev.pilothouse.trust.transparency.NoteSigner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The folder of key files, readable by the server's user only: {@code master.key} (32 random bytes in base64) and {@code
 * ledger.key} (the key's public text form, then the private half wrapped by the master key). Both are made at the first
 * start and never overwritten. Replicas of one installation share the folder.
 */
public final class KeyFolder implements MasterKey {
    private static final int NONCE = 12;
    private static final int TAG_BITS = 128;

    private final Path folder;
    private final SecureRandom random = new SecureRandom();
    private final SecretKeySpec master;

    private KeyFolder(Path folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(folder);
        if (posix()) {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        }
        byte[] fresh = new byte[32];
        random.nextBytes(fresh);
        String text = makeOrRead("master.key", () -> Base64.getEncoder().encodeToString(fresh) + "\n");
        byte[] key = Base64.getDecoder().decode(text.strip());
        if (key.length != 32) {
            throw new IOException("it holds " + key.length + " bytes instead of 32");
        }
        this.master = new SecretKeySpec(key, "AES");
    }

    /**
     * Opens the folder, making it and its master key where they are missing.
     *
     * @throws dev.pilothouse.kernel.PilothouseException UNAVAILABLE where it cannot be read or written
     */
    public static KeyFolder open(Path folder) {
        try {
            return new KeyFolder(folder);
        } catch (IOException | IllegalArgumentException e) {
            throw unusable(folder, e);
        }
    }

    @Override
    public byte[] wrap(byte[] key, String purpose) {
        try {
            byte[] nonce = new byte[NONCE];
            random.nextBytes(nonce);
            Cipher aes = Cipher.getInstance("AES/GCM/NoPadding");
            aes.init(Cipher.ENCRYPT_MODE, master, new GCMParameterSpec(TAG_BITS, nonce));
            aes.updateAAD(purpose.getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.allocate(NONCE + aes.getOutputSize(key.length))
                    .put(nonce)
                    .put(aes.doFinal(key))
                    .array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform has AES-GCM", e);
        }
    }

    @Override
    public byte[] unwrap(byte[] wrapped, String purpose) {
        try {
            Cipher aes = Cipher.getInstance("AES/GCM/NoPadding");
            aes.init(Cipher.DECRYPT_MODE, master, new GCMParameterSpec(TAG_BITS, wrapped, 0, NONCE));
            aes.updateAAD(purpose.getBytes(StandardCharsets.UTF_8));
            return aes.doFinal(wrapped, NONCE, wrapped.length - NONCE);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw LedgerError.WRONG_MASTER_KEY.because(
                    "The " + purpose + " cannot be decrypted with " + folder.resolve("master.key")
                            + ": that file is not the one this installation was made with. Put the original master.key back"
                            + " (it belongs to every backup), then start again.",
                    e);
        }
    }

    /**
     * A secret for a purpose, the same at every call: HMAC-SHA-256 of the purpose under the master key. Nothing about
     * the master key or other secrets follows from it.
     *
     * @return 32 bytes
     */
    public byte[] derive(String purpose) {
        try {
            Mac hmac = Mac.getInstance("HmacSHA256");
            hmac.init(new SecretKeySpec(master.getEncoded(), "HmacSHA256"));
            return hmac.doFinal(("derive\n" + purpose).getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform has HMAC-SHA-256", e);
        }
    }

    /** The key that signs the ledger, made at the first start together with the name of this installation. */
    NoteSigner signer() {
        try {
            String[] lines = makeOrRead("ledger.key", this::freshSigner).split("\n", -1);
            if (lines.length < 2) {
                throw new IllegalArgumentException("two lines are expected");
            }
            NoteKey key = NoteKey.parse(lines[0]);
            byte[] encoded = unwrap(Base64.getDecoder().decode(lines[1]), "ledger signing key");
            PrivateKey secret = KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(encoded));
            var signer = new NoteSigner(key, secret);
            if (!signer.sign("probe\n").signedBy(key)) {
                throw new IllegalArgumentException("its two halves do not belong together");
            }
            return signer;
        } catch (IOException | IllegalArgumentException | GeneralSecurityException e) {
            throw unusable(folder.resolve("ledger.key"), e);
        }
    }

    private String freshSigner() {
        try {
            var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            byte[] installation = new byte[8];
            random.nextBytes(installation);
            NoteKey key = NoteKey.of("pilothouse/" + HexFormat.of().formatHex(installation), pair.getPublic());
            byte[] secret = wrap(pair.getPrivate().getEncoded(), "ledger signing key");
            return key + "\n" + Base64.getEncoder().encodeToString(secret) + "\n";
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform has Ed25519", e);
        }
    }

    private String makeOrRead(String name, java.util.function.Supplier<String> fresh) throws IOException {
        Path file = folder.resolve(name);
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            // first start
        }
        Path draft = Files.createTempFile(folder, name, ".new");
        try {
            if (posix()) {
                Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-------"));
            }
            try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(fresh.get().getBytes(StandardCharsets.UTF_8)));
                channel.force(true);
            }
            // a link, unlike a move, fails where another replica was faster
            Files.createLink(file, draft);
            try (FileChannel entries = FileChannel.open(folder, StandardOpenOption.READ)) {
                entries.force(true);
            }
        } catch (FileAlreadyExistsException e) {
            // the other replica's key is the key
        } finally {
            Files.deleteIfExists(draft);
        }
        return Files.readString(file);
    }

    private boolean posix() {
        return folder.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    private static dev.pilothouse.kernel.PilothouseException unusable(Path file, Exception e) {
        return CommonError.UNAVAILABLE.because(
                "The key file or folder " + file + " cannot be used: " + e.getMessage()
                        + ". Give the server's user read and write rights there, or restore it from a backup.",
                e);
    }
}
