package dev.pilothouse.platform.blobs;

import dev.pilothouse.kernel.Digest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Which chunks, in order, make up a blob. As a file: one line per chunk with digest and length, then the digest of those
 * lines.
 */
record Manifest(List<Chunk> chunks) {
    record Chunk(Digest digest, int length) {}

    Manifest {
        chunks = List.copyOf(chunks);
    }

    long size() {
        return chunks.stream().mapToLong(Chunk::length).sum();
    }

    byte[] bytes() {
        var text = new StringBuilder();
        for (Chunk chunk : chunks) {
            text.append(chunk.digest().hex()).append(' ').append(chunk.length()).append('\n');
        }
        text.append(Digest.of(text.toString()).hex()).append('\n');
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    static Manifest parse(Digest blob, byte[] bytes) {
        String text = new String(bytes, StandardCharsets.US_ASCII);
        int seal = text.length() - 65;
        if (seal < 0
                || !text.substring(seal)
                        .strip()
                        .equals(Digest.of(text.substring(0, seal)).hex())) {
            throw BlobError.BLOB_CORRUPT.because("The blob " + blob + " is damaged on disk: its list of chunks does not"
                    + " match its checksum. Restore it from a backup, or store the same bytes again.");
        }
        var chunks = new ArrayList<Chunk>();
        text.substring(0, seal)
                .lines()
                .forEach(line ->
                        chunks.add(new Chunk(new Digest(line.substring(0, 64)), Integer.parseInt(line.substring(65)))));
        return new Manifest(chunks);
    }
}
