package dev.pilothouse.platform.columns;

import java.nio.file.Path;
import java.util.List;

/**
 * Everything the columns held at one moment, as files that stay until this is closed, whatever is merged or deleted
 * meanwhile. A folder with {@code manifest.json} and, below {@code parquet/}, the files under their names is a copy that
 * opens with an empty log.
 */
public final class ColumnsCopy implements AutoCloseable {
    /** Name of the manifest in a columns folder. */
    public static final String MANIFEST = "manifest.json";

    /** Folder of the sealed files in a columns folder. */
    public static final String PARQUET = "parquet";

    private final Manifest manifest;
    private final Path parquet;
    private final Runnable release;

    ColumnsCopy(Manifest manifest, Path parquet, Runnable release) {
        this.manifest = manifest;
        this.parquet = parquet;
        this.release = release;
    }

    /** What is to stand in {@code manifest.json} of the copy. */
    public byte[] manifest() {
        return manifest.withoutLog().bytes();
    }

    /** Names of the files, below the folder of the sealed files. */
    public List<String> names() {
        return manifest.files().stream().map(ParquetFile::name).toList();
    }

    /** Where a file lies. */
    public Path file(String name) {
        return parquet.resolve(name);
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
