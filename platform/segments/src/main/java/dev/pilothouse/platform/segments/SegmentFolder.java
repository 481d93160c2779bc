package dev.pilothouse.platform.segments;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a log: {@code <number>.seg} with the records, {@code <number>.seal} beside each sealed one with its size,
 * record count, digest and time, and {@code LOCK}.
 */
final class SegmentFolder {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentFolder.class);

    private final Path folder;
    private final FileChannel lockFile;

    private SegmentFolder(Path folder, FileChannel lockFile) {
        this.folder = folder;
        this.lockFile = lockFile;
    }

    static SegmentFolder lock(Path folder) throws IOException {
        Files.createDirectories(folder);
        FileChannel channel =
                FileChannel.open(folder.resolve("LOCK"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException inThisProcess) {
            LOG.debug("The folder is locked by this process", inThisProcess);
        }
        if (lock == null) {
            channel.close();
            throw SegmentError.FOLDER_IN_USE.because("The folder " + folder
                    + " is in use by another running server. Stop that one, or give this one another data folder.");
        }
        return new SegmentFolder(folder, channel);
    }

    Path path() {
        return folder;
    }

    Path file(long number) {
        return folder.resolve(String.format(java.util.Locale.ROOT, "%012d.seg", number));
    }

    private Path sealFile(long number) {
        return folder.resolve(String.format(java.util.Locale.ROOT, "%012d.seal", number));
    }

    /** Reads what is there; only the last segment may come back unsealed. */
    SortedMap<Long, Segment> recover(InstantSource clock) throws IOException {
        var numbers = new TreeMap<Long, Path>();
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(f -> f.getFileName().toString().matches("\\d{12}\\.seg"))
                    .forEach(f -> numbers.put(
                            Long.parseLong(f.getFileName().toString().substring(0, 12)), f));
        }
        var segments = new TreeMap<Long, Segment>();
        for (var entry : numbers.entrySet()) {
            long number = entry.getKey();
            SealedSegment seal = readSeal(number, entry.getValue());
            if (seal != null) {
                segments.put(number, Segment.sealed(seal));
                continue;
            }
            Segment open = recoverUnsealed(number, entry.getValue());
            segments.put(number, open);
            if (number != numbers.lastKey()) {
                open.force();
                writeSeal(open.close(clock.instant()));
            }
        }
        return segments;
    }

    private Segment recoverUnsealed(long number, Path file) throws IOException {
        MessageDigest digest = Digest.sha256();
        try (var reader = new SegmentReader(file, Frame.SEGMENT_HEADER, Long.MAX_VALUE)) {
            if (!reader.hasHeader(number)) {
                if (!isBlank(file)) {
                    throw SegmentError.CORRUPT.because("The file " + file + " does not begin as segment " + number
                            + " of a log. Restore it from a backup, or move it away to give up its records.");
                }
                Files.delete(file);
                return Segment.create(number, file);
            }
            digest.update(Frame.segmentHeader(number));
            long records = 0;
            while (reader.next()) {
                digestFrame(digest, reader.payload());
                records++;
            }
            long whole = reader.offset();
            if (!reader.atEnd()) {
                cut(file, whole);
            }
            return Segment.resume(number, file, whole, records, digest);
        }
    }

    static void digestFrame(MessageDigest digest, ByteBuffer payload) {
        digest.update(ByteBuffer.allocate(Frame.HEADER)
                .putInt(payload.remaining())
                .putInt(Frame.crc(payload))
                .flip());
        digest.update(payload.duplicate());
    }

    /** What follows the last whole record was never acknowledged, unless the disk was damaged: then it is kept beside. */
    private static void cut(Path file, long whole) throws IOException {
        long cut = Files.size(file) - whole;
        if (recordFollows(file, whole)) {
            Path kept = file.resolveSibling(file.getFileName() + ".cut-" + whole);
            try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ);
                    FileChannel to = FileChannel.open(
                            kept,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.TRUNCATE_EXISTING)) {
                from.transferTo(whole, cut, to);
            }
            LOG.error("{} is damaged at offset {}: the {} bytes from there are kept in {}", file, whole, cut, kept);
        } else {
            LOG.warn("{}: cut a torn record of {} bytes at offset {}", file, cut, whole);
        }
    }

    private static boolean recordFollows(Path file, long at) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(4);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.read(length, at);
        }
        if (length.hasRemaining() || length.getInt(0) < 0 || length.getInt(0) > Frame.MAX_PAYLOAD) {
            return false;
        }
        try (var reader = new SegmentReader(file, at + Frame.HEADER + length.getInt(0), Long.MAX_VALUE)) {
            return reader.next();
        }
    }

    private static boolean isBlank(Path file) throws IOException {
        if (Files.size(file) < Frame.SEGMENT_HEADER) {
            return true;
        }
        try (var in = Files.newInputStream(file)) {
            byte[] block = new byte[64 << 10];
            for (int n = in.read(block); n > 0; n = in.read(block)) {
                for (int i = 0; i < n; i++) {
                    if (block[i] != 0) {
                        return false;
                    }
                }
            }
            return true;
        }
    }

    void writeSeal(SealedSegment seal) throws IOException {
        String text = String.join(
                " ",
                Long.toString(seal.size()),
                Long.toString(seal.records()),
                seal.digest().hex(),
                Long.toString(seal.sealedAt().toEpochMilli()));
        Disk.replace(sealFile(seal.number()), (text + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private @Nullable SealedSegment readSeal(long number, Path file) throws IOException {
        Path sealFile = sealFile(number);
        if (!Files.exists(sealFile)) {
            return null;
        }
        try {
            String[] parts = Files.readString(sealFile, StandardCharsets.US_ASCII)
                    .strip()
                    .split(" ", -1);
            var seal = new SealedSegment(
                    number,
                    file,
                    Long.parseLong(parts[0]),
                    Long.parseLong(parts[1]),
                    new Digest(parts[2]),
                    Instant.ofEpochMilli(Long.parseLong(parts[3])));
            if (Files.size(file) == seal.size()) {
                return seal;
            }
        } catch (RuntimeException e) {
            throw SegmentError.CORRUPT.because(
                    "The file " + sealFile + " is not readable as the seal of " + file
                            + ". Delete it to have the segment read and sealed again.",
                    e);
        }
        throw SegmentError.CORRUPT.because("The file " + file + " is not as long as its seal says: offset "
                + Files.size(file)
                + " is its end. Restore it from a backup, or move it and its seal away to give up its"
                + " records.");
    }

    void delete(long number) throws IOException {
        Files.deleteIfExists(file(number));
        Files.deleteIfExists(sealFile(number));
    }

    void unlock() {
        try {
            lockFile.close();
        } catch (IOException e) {
            throw CommonError.INTERNAL.because("The lock of " + folder + " was not released.", e);
        }
    }
}
