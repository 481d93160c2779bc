package dev.pilothouse.platform.store;

import dev.pilothouse.kernel.CommonError;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Finds a module's migration files on the class path and digests them, without Flyway, in a millisecond or so. */
final class MigrationFiles {
    private MigrationFiles() {}

    /** SHA-256 over names and contents of a module's files, in hex. */
    static String digest(Migrations module) {
        var files = read(module);
        MessageDigest sha = dev.pilothouse.kernel.Digest.sha256();
        files.forEach((name, content) -> {
            sha.update(name.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            sha.update((byte) 0);
            sha.update(content);
            sha.update((byte) 0);
        });
        return HexFormat.of().formatHex(sha.digest());
    }

    /** Number of a module's newest file. */
    static int newest(Migrations module) {
        return read(module).keySet().stream()
                .mapToInt(name -> Integer.parseInt(name.substring(1, name.indexOf("__"))))
                .max()
                .orElse(0);
    }

    private static java.util.SortedMap<String, byte[]> read(Migrations module) {
        try {
            var files = new TreeMap<String, byte[]>();
            var folders = MigrationFiles.class.getClassLoader().getResources("db/" + module.prefix());
            for (URL folder : Collections.list(folders)) {
                if ("jar".equals(folder.getProtocol())) {
                    readJar(folder, files);
                } else {
                    readFolder(Path.of(URI.create(folder.toString())), files);
                }
            }
            if (files.isEmpty()) {
                throw CommonError.INTERNAL.because("There is no migration on the class path under db/" + module.prefix()
                        + ". The program is incomplete; install it again.");
            }
            return files;
        } catch (IOException e) {
            throw CommonError.INTERNAL.because(
                    "The migrations of " + module.prefix() + " cannot be read (" + SqlFailures.reason(e)
                            + "). The program is damaged; install it again.",
                    e);
        }
    }

    private static void readFolder(Path folder, Map<String, byte[]> files) throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            for (Path file : list.filter(f -> f.toString().endsWith(".sql")).toList()) {
                files.put(String.valueOf(file.getFileName()), Files.readAllBytes(file));
            }
        }
    }

    private static void readJar(URL folder, Map<String, byte[]> files) throws IOException {
        var connection = (JarURLConnection) folder.openConnection();
        String prefix = connection.getEntryName() + "/";
        var jar = connection.getJarFile();
        for (var entry : Collections.list(jar.entries())) {
            if (entry.getName().startsWith(prefix) && entry.getName().endsWith(".sql")) {
                try (InputStream in = jar.getInputStream(entry)) {
                    files.put(entry.getName().substring(prefix.length()), in.readAllBytes());
                }
            }
        }
    }
}
