package dev.pilothouse.platform.segments;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/** Durable file operations. All block. */
public final class Disk {
    private static final long NEARLY_NOTHING = 64 << 10;

    private Disk() {}

    /** Makes the names in a folder (creations, renames, deletions) durable. */
    public static void syncFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Makes a file's bytes durable. */
    public static void syncFile(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** Puts a file in place of another so that after a crash there is either the old or the new one, whole. */
    public static void replace(Path file, byte[] content) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IOException("A file needs a folder: " + file);
        }
        Path temporary = folder.resolve(file.getFileName() + ".new");
        try {
            try (FileChannel channel = FileChannel.open(
                    temporary,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer bytes = ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            syncFolder(folder);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
    }

    /**
     * Whether a failure means that no space is left. The system's words differ by language, so the free space is asked
     * too.
     *
     * @param folder where the write was meant to go
     */
    public static boolean isFull(Throwable failure, Path folder) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            String text = String.valueOf(t.getMessage()).toLowerCase(Locale.ROOT);
            if (text.contains("no space left") || text.contains("quota exceeded") || text.contains("file too large")) {
                return true;
            }
        }
        try {
            return Files.getFileStore(folder).getUsableSpace() < NEARLY_NOTHING;
        } catch (IOException unknown) {
            return false;
        }
    }

    /**
     * The refusal for a failed write.
     *
     * @param folder where the write was meant to go
     * @param what what was not written, such as {@code "The record"}
     * @return OUT_OF_SPACE where the disk is full, else INTERNAL
     */
    public static PilothouseException refusal(Throwable failure, Path folder, String what) {
        return isFull(failure, folder)
                ? CommonError.OUT_OF_SPACE.because(
                        what
                                + " was not stored: the disk is full. Nothing of it was kept. Free some space, then send it"
                                + " again.",
                        failure)
                : CommonError.INTERNAL.because(
                        what + " was not stored: the disk refused the write. The server's log holds the reason.",
                        failure);
    }
}
