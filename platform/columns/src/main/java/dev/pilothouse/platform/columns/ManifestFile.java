package dev.pilothouse.platform.columns;

import dev.pilothouse.platform.segments.Disk;
import dev.pilothouse.platform.segments.SegmentError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The manifest on disk: {@code manifest.json}. Thread-safe. */
final class ManifestFile {
    private final Path file;
    private final AtomicLong nextFile;
    private volatile Manifest current;

    private ManifestFile(Path file, Manifest current) {
        this.file = file;
        this.current = current;
        this.nextFile = new AtomicLong(current.nextFile());
    }

    /** Reads the manifest of a folder and removes Parquet files that it does not know, which a crash left. */
    static ManifestFile open(Path folder, Path parquet) throws IOException {
        Path file = folder.resolve("manifest.json");
        Manifest manifest = Files.exists(file) ? Manifest.parse(Files.readAllBytes(file), file) : Manifest.EMPTY;
        Set<Path> known = new HashSet<>();
        for (ParquetFile each : manifest.files()) {
            Path path = parquet.resolve(each.name());
            if (!Files.exists(path) || Files.size(path) != each.bytes()) {
                throw SegmentError.CORRUPT.because("The file " + path + " is gone or not " + each.bytes()
                        + " bytes long, as the list of sealed files says. Restore it from a backup.");
            }
            known.add(path);
        }
        if (Files.isDirectory(parquet)) {
            try (Stream<Path> all = Files.walk(parquet)) {
                for (Path each : all.filter(Files::isRegularFile).toList()) {
                    if (!known.contains(each)) {
                        Files.delete(each);
                    }
                }
            }
        }
        return new ManifestFile(file, manifest);
    }

    Manifest current() {
        return current;
    }

    /** A number no file had before. */
    long newFileNumber() {
        return nextFile.getAndIncrement();
    }

    synchronized void update(UnaryOperator<Manifest> change) throws IOException {
        Manifest changed = change.apply(current);
        var next = new Manifest(changed.sealed(), nextFile.get(), changed.signals(), changed.files());
        Disk.replace(file, next.bytes());
        current = next;
    }
}
