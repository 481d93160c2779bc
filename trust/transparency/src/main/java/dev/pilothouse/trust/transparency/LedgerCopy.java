package dev.pilothouse.trust.transparency;

import dev.pilothouse.kernel.CommonError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An exported ledger, as the tar file it came as or as the folder it was unpacked to. Used by one thread. */
final class LedgerCopy implements OfflineVerifier.Source, AutoCloseable {
    private final Path place;
    private final Optional<FileChannel> tar;
    private final Map<String, Tar.Extent> files;

    private LedgerCopy(Path place, Optional<FileChannel> tar, Map<String, Tar.Extent> files) {
        this.place = place;
        this.tar = tar;
        this.files = files;
    }

    /**
     * Opens a copy.
     *
     * @throws IllegalArgumentException where a tar file's own bytes are damaged
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND where nothing is there
     */
    static LedgerCopy open(Path place) throws IOException {
        if (Files.isDirectory(place)) {
            try (Stream<Path> all = Files.walk(place)) {
                Map<String, Tar.Extent> files = all.filter(Files::isRegularFile)
                        .collect(Collectors.toMap(
                                file -> place.relativize(file).toString().replace('\\', '/'),
                                _ -> new Tar.Extent(0, 0)));
                return new LedgerCopy(place, Optional.empty(), files);
            }
        }
        if (!Files.isRegularFile(place)) {
            throw CommonError.NOT_FOUND.because("There is no exported ledger at " + place
                    + ". Name the tar file that the export made, or the folder it was unpacked to.");
        }
        FileChannel tar = FileChannel.open(place);
        try {
            return new LedgerCopy(place, Optional.of(tar), Tar.index(tar));
        } catch (IOException | RuntimeException e) {
            tar.close();
            throw e;
        }
    }

    Set<String> names() {
        return files.keySet();
    }

    @Override
    public Optional<byte[]> fetch(String path) throws IOException {
        Tar.Extent extent = files.get(path);
        if (extent == null) {
            return Optional.empty();
        }
        return Optional.of(
                tar.isPresent()
                        ? Tar.read(tar.get(), extent.offset(), extent.length())
                        : Files.readAllBytes(place.resolve(path)));
    }

    @Override
    public void close() throws IOException {
        if (tar.isPresent()) {
            tar.get().close();
        }
    }
}
