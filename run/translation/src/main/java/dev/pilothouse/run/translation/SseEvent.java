package dev.pilothouse.run.translation;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * One event of a stream (WHATWG HTML, section 9.2).
 *
 * @param data its lines of data, joined; empty where it has none
 * @param comment whether it says nothing but a comment, which keeps a connection open
 */
record SseEvent(String data, boolean comment) {
    private static final String DATA = "data:";
    private static final byte[] FIELD = (DATA + " ").getBytes(StandardCharsets.US_ASCII);

    static SseEvent read(byte[] bytes, int from, int to) {
        var data = new StringBuilder();
        boolean comment = false;
        List<String> lines = new String(bytes, from, to - from, StandardCharsets.UTF_8)
                .lines()
                .toList();
        for (String line : lines) {
            comment |= line.startsWith(":");
            if (line.startsWith(DATA)) {
                int value = line.startsWith(DATA + " ") ? DATA.length() + 1 : DATA.length();
                data.append(data.isEmpty() ? "" : "\n").append(line, value, line.length());
            }
        }
        return new SseEvent(data.toString(), comment && data.isEmpty());
    }

    /**
     * The object that the data is.
     *
     * @throws IllegalStateException where it is none
     */
    ObjectNode object() {
        return Translator.object(data)
                .orElseThrow(() -> new IllegalStateException("An event holds what is no JSON object"));
    }

    /** Writes an event without a name. */
    static void write(byte[] data, ByteArrayOutputStream out) {
        out.writeBytes(FIELD);
        out.writeBytes(data);
        out.write('\n');
        out.write('\n');
    }

    /** Writes an event with a name. */
    static void write(String name, byte[] data, ByteArrayOutputStream out) {
        out.writeBytes(("event: " + name + "\n").getBytes(StandardCharsets.UTF_8));
        write(data, out);
    }
}
