package dev.pilothouse.run.fleet;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Folders with the files that processes are given. Processes with the same files share one, which is there as long as one of
 * them holds it. Files are read-only; what a killed server left is removed at the next start, so that every folder is
 * filled, and its content checked, by the server that uses it. Thread-safe.
 */
final class FileFolders {
    private static final Logger LOG = LoggerFactory.getLogger(FileFolders.class);

    private final Path root;
    private final Fleet.FileSource source;
    private final Map<Path, Integer> holders = new ConcurrentHashMap<>();

    FileFolders(Path root, Fleet.FileSource source) {
        this.root = root;
        this.source = source;
        delete(root);
    }

    /**
     * The folder of these files, filled; {@link #release} it afterwards. Blocks while it is filled.
     *
     * @param files content by path below the folder
     * @throws IOException where it cannot be filled; nothing is then left of it
     */
    Path hold(Map<String, Digest> files) throws IOException {
        Path folder = place(files);
        try {
            holders.compute(folder, (_, held) -> {
                if (held == null) {
                    fill(folder, files);
                    return 1;
                }
                return held + 1;
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return folder;
    }

    /** Lets go; the last one removes the folder. */
    void release(Path folder) {
        holders.computeIfPresent(folder, (_, held) -> {
            if (held > 1) {
                return held - 1;
            }
            delete(folder);
            return null;
        });
    }

    private Path place(Map<String, Digest> files) {
        var name = new StringBuilder();
        new TreeMap<>(files)
                .forEach((path, digest) ->
                        name.append(digest.hex()).append(' ').append(path).append('\n'));
        return root.resolve(Digest.of(name.toString()).hex()).toAbsolutePath();
    }

    private void fill(Path folder, Map<String, Digest> files) {
        try {
            for (var file : files.entrySet()) {
                Path to = folder.resolve(file.getKey()).normalize();
                if (!to.startsWith(folder) || to.equals(folder)) {
                    throw new IOException("the file '" + file.getKey() + "' would be outside the folder");
                }
                Files.createDirectories(to.getParent());
                try (InputStream in = source.open(file.getValue())) {
                    Files.copy(in, to);
                }
                if (!to.toFile().setReadOnly()) {
                    LOG.info("{} stays writable, which its file system does not let us change", to);
                }
            }
        } catch (IOException e) {
            delete(folder);
            throw new UncheckedIOException(e);
        } catch (PilothouseException e) {
            delete(folder);
            throw new UncheckedIOException(new IOException(e.detail(), e));
        }
    }

    private static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            LOG.warn("Cannot delete {}", folder, e);
        }
    }
}
