package dev.pilothouse.trust.transparency;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.CanonicalJson;
import dev.pilothouse.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What an export says of one entry's payload: one line of canonical JSON per entry of the exporting tenant. */
public sealed interface PayloadLine {
    /** Position of the entry. */
    long index();

    /** The payload with the salt its digest needs. */
    record Present(long index, Payload payload) implements PayloadLine {}

    /**
     * The payload is gone.
     *
     * @param pending whether the entry that records the erasure came after the exported head
     */
    record Erased(long index, boolean pending) implements PayloadLine {}

    /** Canonical JSON: the document is canonical already, base64 needs no escapes, and members stand in order. */
    private String json() {
        return switch (this) {
            case Present present ->
                "{\"document\":" + new String(present.payload().document(), StandardCharsets.UTF_8)
                        + ",\"index\":" + present.index
                        + ",\"salt\":\""
                        + Base64.getEncoder().encodeToString(present.payload().salt()) + "\"}";
            case Erased erased ->
                "{\"erased\":\"" + (erased.pending ? "pending" : "recorded") + "\",\"index\":" + erased.index + "}";
        };
    }

    /** Writes lines. */
    static byte[] write(List<PayloadLine> lines) {
        var text = new StringBuilder();
        for (PayloadLine line : lines) {
            text.append(line.json()).append('\n');
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads lines.
     *
     * @throws IllegalArgumentException where they are not exactly what {@link #write} makes
     */
    static List<PayloadLine> read(byte[] text) {
        try {
            var lines = new ArrayList<PayloadLine>();
            for (String line : new String(text, StandardCharsets.UTF_8).lines().toList()) {
                ObjectNode node = Json.parseObject(line.getBytes(StandardCharsets.UTF_8));
                long index = node.path("index").asLong(-1);
                if (node.has("erased")) {
                    lines.add(new Erased(index, node.path("erased").asString("").equals("pending")));
                } else {
                    byte[] salt = Base64.getDecoder().decode(node.path("salt").asString(""));
                    lines.add(new Present(index, new Payload(salt, CanonicalJson.bytes(node.path("document")))));
                }
            }
            if (Arrays.equals(write(lines), text)) {
                return lines;
            }
        } catch (PilothouseException e) {
            throw new IllegalArgumentException("a line is not JSON", e);
        }
        throw new IllegalArgumentException("its lines are not in canonical form");
    }
}
