package dev.pilothouse.platform.archive;

import dev.pilothouse.kernel.Digest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/** What writer and reader note of the parts they pass, alike, so that the reader can compare. Not thread-safe. */
final class Index {
    static final String FOLDER = "index/";
    static final String END = "end";
    static final int LINES = 4096;

    private final List<String> lines = new ArrayList<>();
    private final MessageDigest all = Digest.sha256();
    private long parts;
    private long bytes;
    private int made;

    void note(String name, long length, Digest digest) {
        lines.add(digest.hex() + " " + length + " " + name);
        parts++;
        bytes += length;
    }

    int size() {
        return lines.size();
    }

    List<String> lines() {
        return List.copyOf(lines);
    }

    String nextName() {
        return FOLDER + (made + 1);
    }

    /** The index of the parts since the one before, which begins anew. */
    byte[] take() {
        byte[] text = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.US_ASCII);
        all.update(text);
        lines.clear();
        made++;
        return text;
    }

    /** The content of the last part. */
    byte[] end() {
        return (parts + " parts\n" + bytes + " bytes\n" + Digest.of(all).hex() + " over all indexes\n")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
