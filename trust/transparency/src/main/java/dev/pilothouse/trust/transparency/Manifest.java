package dev.pilothouse.trust.transparency;

import dev.pilothouse.kernel.Digest;
import java.util.Map;
import java.util.TreeMap;

/**
 * The signed list of an export's files.
 *
 * @param tenant whose payloads the export holds
 * @param complete whether it holds every tenant's leaves; if not, foreign leaves are withheld
 * @param files digest of each file by its path, itself excepted
 */
public record Manifest(String tenant, boolean complete, Map<String, Digest> files) {
    /** Name of the file. */
    public static final String FILE = "MANIFEST";

    private static final String TITLE = "pilothouse-export/v1";

    public Manifest {
        files = new TreeMap<>(files);
    }

    /** The text to sign; its first line can never be a checkpoint's, which is the origin of a log. */
    public String text() {
        var text = new StringBuilder(TITLE).append('\n');
        text.append("tenant ").append(tenant).append('\n');
        text.append("complete ").append(complete).append('\n');
        files.forEach((path, digest) ->
                text.append(digest.hex()).append(' ').append(path).append('\n'));
        return text.toString();
    }

    /**
     * Reads the text.
     *
     * @throws IllegalArgumentException where it is not exactly what {@link #text()} writes
     */
    static Manifest parse(String text) {
        String[] lines = text.split("\n", -1);
        if (lines.length > 3 && lines[1].startsWith("tenant ") && lines[2].startsWith("complete ")) {
            var files = new TreeMap<String, Digest>();
            for (int i = 3; i < lines.length - 1; i++) {
                if (lines[i].length() < 66) {
                    throw new IllegalArgumentException("line " + (i + 1) + " names no file");
                }
                files.put(lines[i].substring(65), new Digest(lines[i].substring(0, 64)));
            }
            var manifest = new Manifest(lines[1].substring(7), Boolean.parseBoolean(lines[2].substring(9)), files);
            if (manifest.text().equals(text)) {
                return manifest;
            }
        }
        throw new IllegalArgumentException("it is not a list of exported files");
    }
}
