package dev.pilothouse.platform.columns;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.segments.Disk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder in which processes show one another what they sealed: {@code <process>/manifest.json} and the files it names, below
 * {@code <process>/parquet/}. Each process writes to its own part and reads the others'. Its own files are links to those of its
 * columns, or copies where the folder lies on another disk. What a process replaced or dropped stays for a while, since
 * others may be reading it. Where the folder cannot be reached, the process goes on with its own rows and what it had seen.
 * Confined to one thread but for {@link #others}.
 */
final class Exchange {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
    /** How long a file stays that its process does not need any more: longer than a query or a backup takes. */
    static final Duration LINGER = Duration.ofHours(1);

    /** Rows grow too old without a change of the manifest that names them, so it is read again after this. */
    private static final Duration FRESH = Duration.ofHours(1);
    /** A process that still runs drops its old files itself, within a minute. */
    private static final Duration ABANDONED = Duration.ofDays(1);

    /** What another process shows: its manifest's time, size and place on the disk, when it was read, and its files. */
    private record Shown(String version, Instant read, List<ParquetFile> files) {
        static final Shown NOTHING = new Shown("", Instant.EPOCH, List.of());
    }

    private record Doomed(Path file, Instant since) {}

    private final Path root;
    private final Path own;
    private final Path parquet;
    private final ManifestFile manifest;
    private final Shelves shelves;
    private final InstantSource clock;
    private final Deque<Doomed> doomed = new ArrayDeque<>();
    private final Map<Path, Shown> seen = new HashMap<>();
    private @Nullable Manifest published;
    private volatile List<ParquetFile> others = List.of();
    private boolean failing;

    private Exchange(Path root, Path own, Path parquet, ManifestFile manifest, Shelves shelves, InstantSource clock) {
        this.root = root;
        this.own = own;
        this.parquet = parquet;
        this.manifest = manifest;
        this.shelves = shelves;
        this.clock = clock;
    }

    /** Joins the processes of a folder, under a name that is drawn once and kept with the columns. */
    static Exchange join(
            Path root, Path columns, Path parquet, ManifestFile manifest, Shelves shelves, InstantSource clock)
            throws IOException {
        Path name = columns.resolve("exchange-name");
        if (!Files.exists(name)) {
            Disk.replace(name, UUID.randomUUID().toString().getBytes(StandardCharsets.US_ASCII));
        }
        Path own = root.resolve(UUID.fromString(Files.readString(name).strip()).toString());
        return new Exchange(root, own, parquet, manifest, shelves, clock);
    }

    /** Shows what is new here, and takes in what is new elsewhere. */
    void keepUp() {
        try {
            publish();
            sweep();
            look();
            failing = false;
        } catch (IOException | RuntimeException e) {
            if (!failing) {
                LOG.warn("What replicas show one another is not up to date; it is tried again", e);
            }
            failing = true;
        }
    }

    /** Sealed files of the other processes, named by their whole paths. */
    List<ParquetFile> others() {
        return others;
    }

    private void publish() throws IOException {
        // What a running query may see stays, so these files do until they are given.
        Shelves.Picture held = shelves.enter("", Set.of());
        try {
            Manifest present = manifest.current();
            if (Files.notExists(own.resolve(ColumnsCopy.MANIFEST))) {
                published = null; // never shown, or somebody emptied the folder
            }
            if (!present.equals(published)) {
                publish(present);
                published = present;
            }
        } finally {
            shelves.leave(held);
        }
    }

    private void publish(Manifest present) throws IOException {
        Path shown = own.resolve(ColumnsCopy.PARQUET);
        Files.createDirectories(shown);
        if (published == null) {
            doomLeftovers(shown, present);
        }
        Set<ParquetFile> before = published == null ? Set.of() : Set.copyOf(published.files());
        Set<ParquetFile> after = Set.copyOf(present.files());
        Set<Path> folders = new HashSet<>();
        for (ParquetFile file : present.files()) {
            if (!before.contains(file)) {
                give(parquet.resolve(file.name()), shown.resolve(file.name()), folders);
            }
        }
        for (Path folder : folders) {
            Disk.syncFolder(folder);
        }
        Disk.replace(own.resolve(ColumnsCopy.MANIFEST), present.bytes());
        before.stream()
                .filter(file -> !after.contains(file))
                .forEach(file -> doomed.add(new Doomed(shown.resolve(file.name()), clock.instant())));
    }

    private static void give(Path from, Path to, Set<Path> folders) throws IOException {
        Path folder = to.resolveSibling("");
        Files.createDirectories(folder);
        folders.add(folder);
        try {
            Files.createLink(to, from);
        } catch (FileAlreadyExistsException e) {
            // Given before; a file of one name never changes.
        } catch (IOException | UnsupportedOperationException e) {
            Path temporary = to.resolveSibling(to.getFileName() + ".new");
            Files.copy(from, temporary, StandardCopyOption.REPLACE_EXISTING);
            Disk.syncFile(temporary);
            Files.move(temporary, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Files that an earlier process of these columns showed and that they no longer have. */
    private void doomLeftovers(Path shown, Manifest present) throws IOException {
        Set<Path> needed = new HashSet<>();
        present.files().forEach(file -> needed.add(shown.resolve(file.name())));
        try (Stream<Path> all = Files.walk(shown)) {
            all.filter(Files::isRegularFile)
                    .filter(file -> !needed.contains(file))
                    .forEach(file -> doomed.add(new Doomed(file, clock.instant())));
        }
    }

    private void sweep() throws IOException {
        Instant due = clock.instant().minus(LINGER);
        while (!doomed.isEmpty() && !doomed.element().since().isAfter(due)) {
            Files.deleteIfExists(doomed.remove().file());
        }
    }

    private void look() throws IOException {
        var gone = new HashSet<>(seen.keySet());
        IOException unread = null;
        try (Stream<Path> folders = Files.list(root)) {
            for (Path folder : folders.filter(f -> !f.equals(own)).toList()) {
                try {
                    if (look(folder)) {
                        gone.remove(folder);
                    }
                } catch (IOException | PilothouseException e) {
                    gone.remove(folder);
                    unread = new IOException("The part " + folder + " of another replica cannot be read", e);
                }
            }
        }
        for (Path folder : gone) {
            show(folder, Shown.NOTHING);
            seen.remove(folder);
        }
        others = seen.values().stream().flatMap(shown -> shown.files().stream()).toList();
        if (unread != null) {
            throw unread;
        }
    }

    /** Takes in what one process shows; false where it shows nothing. */
    private boolean look(Path folder) throws IOException {
        Path file = folder.resolve(ColumnsCopy.MANIFEST);
        Instant now = clock.instant();
        try {
            var attributes = Files.readAttributes(file, BasicFileAttributes.class);
            String version = attributes.lastModifiedTime() + " " + attributes.size() + " " + attributes.fileKey();
            Shown before = seen.get(folder);
            if (before != null
                    && before.version().equals(version)
                    && before.read().plus(FRESH).isAfter(now)) {
                return true;
            }
            Manifest theirs = Manifest.parse(Files.readAllBytes(file), file);
            List<ParquetFile> kept = theirs.files().stream()
                    .filter(each -> !theirs.isOld(each, now))
                    .toList();
            show(folder, new Shown(version, now, located(kept, folder.resolve(ColumnsCopy.PARQUET))));
            boolean abandoned = kept.isEmpty()
                    && !theirs.files().isEmpty()
                    && attributes.lastModifiedTime().toInstant().plus(ABANDONED).isBefore(now);
            if (abandoned) {
                delete(folder);
            }
            return !abandoned;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static List<ParquetFile> located(List<ParquetFile> files, Path folder) {
        return files.stream()
                .filter(file -> folder.resolve(file.name()).normalize().startsWith(folder))
                .map(file -> file.named(folder.resolve(file.name()).toString()))
                .toList();
    }

    /** Removes what a process left that does not come back; nobody shows these rows any more. */
    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        }
    }

    private void show(Path folder, Shown now) {
        Shown before = seen.put(folder, now);
        Set<ParquetFile> old = before == null ? Set.of() : Set.copyOf(before.files());
        Set<ParquetFile> all = Set.copyOf(now.files());
        shelves.replace(
                List.of(),
                all.stream().filter(file -> !old.contains(file)).toList(),
                old.stream().filter(file -> !all.contains(file)).toList());
    }
}
