package dev.pilothouse.platform.columns;

import dev.pilothouse.kernel.Digest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Everything the columns held at one moment, and what other processes had shown them, as files that stay until this is closed,
 * whatever is merged or deleted meanwhile (those of others for {@link Exchange#LINGER} at least). A folder with {@code manifest.json} and, below {@code parquet/}, the files under their names is a copy that
 * opens with an empty log.
 */
public final class ColumnsCopy implements AutoCloseable {
    /** Name of the manifest in a columns folder. */
    public static final String MANIFEST = "manifest.json";

    /** Folder of the sealed files in a columns folder. */
    public static final String PARQUET = "parquet";

    private final Manifest manifest;
    private final Map<String, Path> places;
    private final Runnable release;

    /** @param others files that other processes sealed, by their whole paths; their rows become rows of the copy */
    ColumnsCopy(Manifest own, List<ParquetFile> others, Path parquet, Runnable release) {
        this.places = new LinkedHashMap<>();
        own.files().forEach(file -> places.put(file.name(), parquet.resolve(file.name())));
        var taken = new ArrayList<ParquetFile>();
        for (ParquetFile file : others) {
            // No file of a process is called so: it ends with a number.
            String name = file.key().signal() + "/" + file.key().tenantFolder() + "/of-"
                    + Digest.of(file.name()).hex() + ".parquet";
            places.put(name, Path.of(file.name()));
            taken.add(file.named(name));
        }
        this.manifest = own.with(taken, List.of());
        this.release = release;
    }

    /** What is to stand in {@code manifest.json} of the copy. */
    public byte[] manifest() {
        return manifest.withoutLog().bytes();
    }

    /** Names of the files, below the folder of the sealed files. */
    public List<String> names() {
        return List.copyOf(places.keySet());
    }

    /** Where a file lies. */
    public Path file(String name) {
        return Objects.requireNonNull(places.get(name), name);
    }

    /** Bytes of all files. */
    public long bytes() {
        return manifest.files().stream().mapToLong(ParquetFile::bytes).sum();
    }

    /** The names of the files that a manifest lists, in its order. */
    public static List<String> names(byte[] manifest) {
        return Manifest.parse(manifest, Path.of(MANIFEST)).files().stream()
                .map(ParquetFile::name)
                .toList();
    }

    @Override
    public void close() {
        release.run();
    }
}
