package dev.pilothouse.platform.blobs;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.segments.Disk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files: {@code ab/cdef…} holds the bytes of a small blob or of a chunk, {@code ab/cdef….manifest} the chunks of a big
 * blob, {@code tmp} what is being written. A file's modification time is when it was last stored, which is what the
 * grace period counts from.
 */
final class BlobFolder {
    static final String MANIFEST = ".manifest";
    private static final String TRASH = ".trash";

    private final Path folder;
    private final Path temporary;
    private final InstantSource clock;
    /** Shared by whoever relies on a file that is there, exclusive for whoever deletes one. */
    private final ReadWriteLock presence = new ReentrantReadWriteLock();

    BlobFolder(Path folder, InstantSource clock) throws IOException {
        this.folder = folder;
        this.temporary = folder.resolve("tmp");
        this.clock = clock;
        Files.createDirectories(temporary);
    }

    Path path() {
        return folder;
    }

    Path bytesFile(Digest digest) {
        return folder.resolve(digest.hex().substring(0, 2)).resolve(digest.hex().substring(2));
    }

    Path manifestFile(Digest digest) {
        Path bytes = bytesFile(digest);
        return bytes.resolveSibling(bytes.getFileName() + MANIFEST);
    }

    Path newTemporaryFolder() throws IOException {
        return Files.createTempDirectory(temporary, "writer-");
    }

    Optional<Manifest> manifest(Digest digest) throws IOException {
        byte[] bytes = read(manifestFile(digest));
        return bytes == null ? Optional.empty() : Optional.of(Manifest.parse(digest, bytes));
    }

    /** The whole content of a file, or null where there is none. */
    byte @Nullable [] read(Path file) throws IOException {
        presence.readLock().lock();
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException absent) {
            return null;
        } finally {
            presence.readLock().unlock();
        }
    }

    /** Length of a file, or -1 where there is none. */
    long length(Path file) throws IOException {
        presence.readLock().lock();
        try {
            return Files.size(file);
        } catch (NoSuchFileException absent) {
            return -1;
        } finally {
            presence.readLock().unlock();
        }
    }

    /** Starts the grace period of a stored file anew; false where it is gone. */
    boolean refresh(Path file) throws IOException {
        presence.readLock().lock();
        try {
            Files.setLastModifiedTime(file, FileTime.from(clock.instant()));
            return true;
        } catch (NoSuchFileException gone) {
            return false;
        } finally {
            presence.readLock().unlock();
        }
    }

    /** Moves a synced temporary file to its name; the folder's names are yet to be synced. */
    void publish(Path from, Path to) throws IOException {
        Path shard = shard(to);
        if (!Files.isDirectory(shard)) {
            Files.createDirectories(shard);
            Disk.syncFolder(folder);
        }
        Files.setLastModifiedTime(from, FileTime.from(clock.instant()));
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    static Path shard(Path file) {
        Path parent = file.getParent();
        if (parent == null) {
            throw new IllegalArgumentException("A stored file lies in a folder: " + file);
        }
        return parent;
    }

    /** Stored files, relative to the folder; shards are listed one at a time, so the stream is small. */
    Stream<Path> stored() throws IOException {
        List<Path> shards;
        try (Stream<Path> all = Files.list(folder)) {
            shards = all.filter(s -> !s.equals(temporary)).sorted().toList();
        }
        return shards.stream().flatMap(shard -> {
            try (Stream<Path> files = Files.list(shard)) {
                return files
                        .filter(f -> !f.toString().endsWith(TRASH))
                        .map(folder::relativize)
                        .sorted()
                        .toList()
                        .stream();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** Stored files that were last stored before an instant. */
    List<Path> storedBefore(Instant instant) throws IOException {
        var found = new ArrayList<Path>();
        try (Stream<Path> shards = Files.list(folder)) {
            for (Path shard : (Iterable<Path>) shards.filter(s -> !s.equals(temporary))::iterator) {
                try (Stream<Path> files = Files.list(shard)) {
                    files.filter(f -> isOlder(f, instant)).forEach(found::add);
                }
            }
        }
        return found;
    }

    /** Chunks of all big blobs that are there, but for those of the given manifests. */
    Set<String> chunksExcept(Set<Path> manifests) throws IOException {
        var chunks = new HashSet<String>();
        try (Stream<Path> shards = Files.list(folder)) {
            for (Path shard : (Iterable<Path>) shards.filter(s -> !s.equals(temporary))::iterator) {
                try (Stream<Path> files = Files.list(shard)) {
                    for (Path file : (Iterable<Path>) files.filter(BlobFolder::isManifest)::iterator) {
                        byte[] bytes = manifests.contains(file) ? null : read(file);
                        if (bytes != null) {
                            Manifest.parse(digest(file), bytes)
                                    .chunks()
                                    .forEach(c -> chunks.add(c.digest().hex()));
                        }
                    }
                }
            }
        }
        return chunks;
    }

    static boolean isManifest(Path file) {
        return file.toString().endsWith(MANIFEST);
    }

    /** The digest a stored file is named by. */
    static Digest digest(Path file) {
        String name = String.valueOf(file.getFileName());
        return new Digest(shard(file).getFileName() + name.substring(0, 62));
    }

    /**
     * Deletes a stored file unless it was stored again since an instant. It is first moved aside: who stores it again
     * meanwhile, in whatever process, either refreshed the file before that, which shows now, or no longer finds it and
     * writes it anew.
     *
     * @return bytes freed
     */
    long deleteUnlessStoredSince(Path file, Instant instant) throws IOException {
        presence.writeLock().lock();
        try {
            Path aside = file.resolveSibling(file.getFileName() + TRASH);
            try {
                Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE);
            } catch (NoSuchFileException gone) {
                return 0;
            }
            if (!isOlder(aside, instant)) {
                Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
                return 0;
            }
            long freed = Files.size(aside);
            Files.delete(aside);
            return freed;
        } finally {
            presence.writeLock().unlock();
        }
    }

    /** Puts back what a crash left aside, and removes what writers left that died before an instant. */
    void tidy(Instant before) throws IOException {
        try (Stream<Path> files = Files.walk(folder, 2)) {
            for (Path aside : files.filter(f -> f.toString().endsWith(TRASH)).toList()) {
                String name = String.valueOf(aside.getFileName());
                Files.move(
                        aside,
                        aside.resolveSibling(name.substring(0, name.length() - TRASH.length())),
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            }
        }
        try (Stream<Path> left = Files.list(temporary)) {
            for (Path writer : left.filter(w -> isOlder(w, before)).toList()) {
                deleteTree(writer);
            }
        }
    }

    static void deleteTree(Path top) throws IOException {
        try (Stream<Path> all = Files.walk(top)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (NoSuchFileException gone) {
            return;
        }
    }

    private static boolean isOlder(Path file, Instant instant) {
        try {
            return Files.getLastModifiedTime(file).toInstant().isBefore(instant);
        } catch (IOException gone) {
            return false;
        }
    }
}
