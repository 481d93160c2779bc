package dev.pilothouse.server;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.trust.backup.BackupHeader;
import dev.pilothouse.trust.backup.Restore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code pilot restore} runs: {@code --file=BACKUP}, perhaps {@code --check} or {@code --keys=FOLDER}, and the settings
 * of the server to be. The first line of standard input is the passphrase, empty for none. Answers one JSON object a line:
 * {@code read} (bytes up to now), then {@code done} or {@code error} with {@code code} 1 (not so) or 2 (used wrongly).
 */
public final class RestoreMain {
    private static final String FILE = "--file=";
    private static final String KEYS = "--keys=";
    private static final String CHECK = "--check";
    private static final long STEP = 4 << 20;

    private long told;

    private RestoreMain() {}

    /** Runs, and ends with an exit code. */
    public static void main(String[] args) {
        System.exit(new RestoreMain().run(List.of(args)));
    }

    private int run(List<String> args) {
        try {
            Path file = args.stream()
                    .filter(a -> a.startsWith(FILE))
                    .map(a -> Path.of(a.substring(FILE.length())))
                    .findFirst()
                    .orElseThrow();
            if (!Files.isReadable(file)) {
                return error(2, file + " is not there or cannot be read. Name a file that 'pilot backup' made.");
            }
            var restore = new Restore(file, this::progress);
            if (args.contains(CHECK)) {
                done(restore.check(), 0, 0);
                return 0;
            }
            var settings = new ArrayList<>(args);
            settings.removeIf(a -> a.startsWith(FILE) || a.startsWith(KEYS));
            ServerConfig config = ServerConfig.read(System.getenv(), settings);
            var keys = new Restore.Keys(
                    passphrase(),
                    args.stream()
                            .filter(a -> a.startsWith(KEYS))
                            .map(a -> Path.of(a.substring(KEYS.length())))
                            .findFirst());
            var restored = restore.into(
                    new Restore.Target(config.data(), config.blobs(), config.keys(), config.store(), Wiring.MODULES),
                    keys);
            done(restored.header(), restored.rows(), restored.blobs());
            return 0;
        } catch (PilothouseException e) {
            var text = new StringBuilder(e.detail());
            e.problems().forEach(problem -> text.append("\n  ").append(problem));
            return error(e.code().status() == 400 ? 2 : 1, text.toString());
        } catch (IOException e) {
            return error(1, "The disk refused: " + e.getMessage() + ". Nothing that a server would open was left.");
        }
    }

    private static Optional<String> passphrase() throws IOException {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        return Optional.ofNullable(in.readLine()).filter(line -> !line.isEmpty());
    }

    private void progress(long bytes) {
        if (bytes < told || bytes - told >= STEP) {
            told = bytes;
            say(Map.of("read", bytes));
        }
    }

    private static void done(BackupHeader header, long rows, long blobs) {
        System.out.println(Json.write(Json.object()
                .put("done", true)
                .put("program", header.program())
                .put("createdAt", header.createdAt())
                .put("database", header.database())
                .put("keys", header.keys())
                .put("ledgerKey", header.ledgerKey())
                .put("rows", rows)
                .put("blobs", blobs)));
    }

    private static int error(int code, String text) {
        System.out.println(Json.write(Json.object().put("error", text).put("code", code)));
        return code;
    }

    private static void say(Map<String, Long> fields) {
        var line = Json.object();
        fields.forEach(line::put);
        System.out.println(Json.write(line));
    }
}
