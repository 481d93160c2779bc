package dev.pilothouse.platform.blobs;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.segments.Disk;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Blobs as files of a folder, which several processes may share. Up to 4 MiB a blob is one file; bigger ones are cut into
 * content-defined chunks of 1 MiB on average. Collection is mark and sweep with a grace period. Thread-safe.
 */
public final class FileBlobs implements Blobs {
    private final BlobFolder folder;
    private final InstantSource clock;
    private final Duration grace;

    private FileBlobs(BlobFolder folder, InstantSource clock, Duration grace) {
        this.folder = folder;
        this.clock = clock;
        this.grace = grace;
    }

    /**
     * Opens the blobs of a folder, which is created where absent. What writers left that died longer ago than the grace
     * period is removed.
     *
     * @param grace how long a blob nothing refers to is kept after it was last stored; longer than any upload
     * @throws dev.pilothouse.kernel.PilothouseException OUT_OF_SPACE
     */
    public static FileBlobs open(Path path, InstantSource clock, Duration grace) {
        try {
            var folder = new BlobFolder(path, clock);
            folder.tidy(clock.instant().minus(grace));
            return new FileBlobs(folder, clock, grace);
        } catch (IOException e) {
            throw Disk.refusal(e, path, "The folder of the blobs");
        }
    }

    @Override
    public Writer writer() {
        return new FileBlobWriter(folder);
    }

    @Override
    public Optional<Long> size(Digest digest) {
        try {
            long length = folder.length(folder.bytesFile(digest));
            return length >= 0 ? Optional.of(length) : folder.manifest(digest).map(Manifest::size);
        } catch (IOException e) {
            throw CommonError.INTERNAL.because("The blob " + digest + " cannot be looked up on disk.", e);
        }
    }

    @Override
    public InputStream open(Digest digest, long offset, long length) throws IOException {
        if (offset < 0 || length < 0) {
            throw CommonError.INVALID.because("A range begins at 0 or later and has no negative length: offset "
                    + offset + ", length " + length + ".");
        }
        long plain = folder.length(folder.bytesFile(digest));
        Manifest manifest = plain >= 0
                ? new Manifest(List.of(new Manifest.Chunk(digest, Math.toIntExact(plain))))
                : folder.manifest(digest)
                        .orElseThrow(() -> CommonError.NOT_FOUND.because("There is no blob " + digest
                                + ". It was never stored here, or nothing referred to it and it was collected."));
        return new ChunkStream(folder, digest, manifest, offset, length);
    }

    /**
     * All files that hold the blobs, as paths relative to {@link #folder}: what a backup copies. A file's first 64 digits,
     * its folder's name with them, are the SHA-256 of its bytes, unless it is a list of chunks. While they are read, nothing
     * may be collected.
     */
    public Stream<Path> files() throws IOException {
        return folder.stored();
    }

    /** Where the files lie. */
    public Path folder() {
        return folder.path();
    }

    @Override
    public long collect(Supplier<Stream<Digest>> referenced) throws IOException {
        Instant old = clock.instant().minus(grace);
        List<Path> candidates = folder.storedBefore(old);
        Set<String> keep = new HashSet<>();
        try (Stream<Digest> digests = referenced.get()) {
            digests.forEach(digest -> keep.add(digest.hex()));
        }
        Set<Path> doomed = new HashSet<>();
        long freed = 0;
        for (Path file : candidates) {
            if (BlobFolder.isManifest(file)
                    && !keep.contains(BlobFolder.digest(file).hex())) {
                long bytes = folder.deleteUnlessStoredSince(file, old);
                freed += bytes;
                if (bytes > 0) {
                    doomed.add(file);
                }
            }
        }
        // A big blob stored since the listing refreshed the chunks it shares, so that their own age saves them.
        keep.addAll(folder.chunksExcept(doomed));
        for (Path file : candidates) {
            if (!BlobFolder.isManifest(file)
                    && !keep.contains(BlobFolder.digest(file).hex())) {
                freed += folder.deleteUnlessStoredSince(file, old);
            }
        }
        return freed;
    }
}
