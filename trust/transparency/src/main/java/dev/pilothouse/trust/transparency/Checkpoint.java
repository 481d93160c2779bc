package dev.pilothouse.trust.transparency;

import dev.pilothouse.kernel.Digest;
import java.util.Base64;
import java.util.HexFormat;

/**
 * The head of the tree as it is signed (C2SP tlog-checkpoint).
 *
 * @param origin name of the log, {@code pilothouse/<installation>}
 * @param size number of entries in the tree
 * @param root root hash at that size
 */
public record Checkpoint(String origin, long size, Digest root) {
    /** The three lines that are signed. */
    public String text() {
        return origin + "\n" + size + "\n" + Base64.getEncoder().encodeToString(root.bytes()) + "\n";
    }

    /**
     * The head in a signed note, whose signature is not looked at.
     *
     * @throws IllegalArgumentException where it is no note or no head
     */
    public static Checkpoint ofNote(String note) {
        return parse(SignedNote.parse(note).text());
    }

    /**
     * Reads the three lines; further ones are refused, since this log writes none.
     *
     * @throws IllegalArgumentException where the text is not exactly what {@link #text()} writes
     */
    public static Checkpoint parse(String text) {
        String[] lines = text.split("\n", -1);
        if (lines.length == 4) {
            byte[] root = Base64.getDecoder().decode(lines[2]);
            var checkpoint = new Checkpoint(
                    lines[0],
                    Long.parseLong(lines[1]),
                    new Digest(HexFormat.of().formatHex(root)));
            if (checkpoint.text().equals(text) && checkpoint.size >= 0 && !checkpoint.origin.isEmpty()) {
                return checkpoint;
            }
        }
        throw new IllegalArgumentException("Not the three lines of a checkpoint: origin, size and root");
    }
}
