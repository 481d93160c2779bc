package dev.pilothouse.trust.backup;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a backup says about itself before anything else: the content of {@code backup.json}.
 *
 * @param program version of the server that made it
 * @param createdAt when, ISO 8601
 * @param database {@code sqlite} or {@code postgresql}; it may be restored into either
 * @param versions newest migration that had run, by module prefix
 * @param keys whether the keys are inside, encrypted
 * @param ledgerKey public key that signs the ledger
 * @param masterCheck tells the right master key from others without giving it away
 * @param bytes about how long the backup will be, for progress
 */
public record BackupHeader(
        String program,
        String createdAt,
        String database,
        Map<String, Integer> versions,
        boolean keys,
        String ledgerKey,
        String masterCheck,
        long bytes) {
    static final String PART = "backup.json";
    private static final int FORMAT = 1;

    public BackupHeader {
        versions = Map.copyOf(versions);
    }

    ObjectNode json() {
        ObjectNode root = Json.object()
                .put("format", FORMAT)
                .put("program", program)
                .put("createdAt", createdAt)
                .put("database", database)
                .put("keys", keys ? "encrypted" : "left-out")
                .put("ledgerKey", ledgerKey)
                .put("masterCheck", masterCheck)
                .put("bytes", bytes);
        ObjectNode numbers = root.putObject("versions");
        versions.forEach(numbers::put);
        return root;
    }

    /** @throws PilothouseException {@link BackupError#NOT_A_BACKUP} */
    static BackupHeader parse(byte[] content) {
        try {
            ObjectNode root = Json.parseObject(content);
            int format = root.required("format").asInt();
            String program = root.required("program").asString();
            if (format > FORMAT) {
                throw BackupError.NOT_A_BACKUP.because("The backup was made by Pilothouse " + program
                        + " in a newer form (" + format + ") than this program reads (" + FORMAT
                        + "). Restore it with that version.");
            }
            var versions = new LinkedHashMap<String, Integer>();
            root.required("versions")
                    .properties()
                    .forEach(e -> versions.put(e.getKey(), e.getValue().asInt()));
            return new BackupHeader(
                    program,
                    root.required("createdAt").asString(),
                    root.required("database").asString(),
                    versions,
                    root.required("keys").asString().equals("encrypted"),
                    root.required("ledgerKey").asString(),
                    root.required("masterCheck").asString(),
                    root.required("bytes").asLong());
        } catch (PilothouseException e) {
            throw e;
        } catch (RuntimeException e) {
            throw BackupError.NOT_A_BACKUP.because(
                    "The file is no backup of Pilothouse: its " + PART
                            + " does not say what it is. Name a file that 'pilot backup' made.",
                    e);
        }
    }
}
