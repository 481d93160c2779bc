package dev.pilothouse.trust.transparency;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * A text with one signature (C2SP signed-note): the text, an empty line, {@code — <name> <base64 of key id and signature>}.
 *
 * @param text what is signed, ending in a newline
 * @param name name of the key
 * @param keyId four bytes that tell keys of one name apart
 * @param signature 64 bytes of Ed25519
 */
public record SignedNote(String text, String name, byte[] keyId, byte[] signature) {

    /**
     * Reads a note; only the one way of writing it is accepted, so that no byte of it can change unnoticed.
     *
     * @throws IllegalArgumentException where it is written otherwise
     */
    public static SignedNote parse(String note) {
        int end = note.lastIndexOf("\n\n");
        if (end > 0 && note.startsWith("— ", end + 2) && note.endsWith("\n")) {
            String line = note.substring(end + 4, note.length() - 1);
            int space = line.indexOf(' ');
            if (space > 0) {
                byte[] bytes = Base64.getDecoder().decode(line.substring(space + 1));
                if (bytes.length == 68) {
                    var parsed = new SignedNote(
                            note.substring(0, end + 1),
                            line.substring(0, space),
                            Arrays.copyOf(bytes, 4),
                            Arrays.copyOfRange(bytes, 4, 68));
                    if (parsed.toString().equals(note)) {
                        return parsed;
                    }
                }
            }
        }
        throw new IllegalArgumentException("Not a note with one Ed25519 signature");
    }

    /** Whether the key signed this text. */
    public boolean signedBy(NoteKey key) {
        return name.equals(key.name())
                && Arrays.equals(keyId, key.id())
                && key.verifies(text.getBytes(StandardCharsets.UTF_8), signature);
    }

    @Override
    public String toString() {
        byte[] bytes = Arrays.copyOf(keyId, 4 + signature.length);
        System.arraycopy(signature, 0, bytes, 4, signature.length);
        return text + "\n— " + name + " " + Base64.getEncoder().encodeToString(bytes) + "\n";
    }
}
