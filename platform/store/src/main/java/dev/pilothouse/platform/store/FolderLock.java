package dev.pilothouse.platform.store;

import dev.pilothouse.kernel.CommonError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The operating system's exclusive lock on an embedded store's folder. It ends with the process, so a killed server
 * leaves nothing to clean up.
 */
final class FolderLock implements AutoCloseable {
    /** Far behind the text, because on some systems a locked range cannot be read. */
    private static final long LOCKED_BYTE = 1L << 40;

    private final FileChannel channel;

    private FolderLock(FileChannel channel) {
        this.channel = channel;
    }

    static FolderLock take(Path folder) {
        Path file = folder.resolve("lock");
        FileChannel channel;
        try {
            Files.createDirectories(folder);
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw StoreError.STORE_READ_ONLY.because(
                    "The store's folder " + folder.toAbsolutePath() + " cannot be written: " + SqlFailures.reason(e)
                            + ". Give this user the right to write there, or name another folder.",
                    e);
        }
        try {
            if (lock(channel) == null) {
                String holder = holder(channel);
                channel.close();
                throw CommonError.CONFLICT.because("The store's folder " + folder.toAbsolutePath()
                        + " is in use by " + holder
                        + ". One embedded store serves one server: stop that one, give this "
                        + "one a folder of its own, or let both use a postgresql:// store.");
            }
            ByteBuffer text = ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.UTF_8));
            channel.truncate(0);
            channel.write(text, 0);
            return new FolderLock(channel);
        } catch (IOException e) {
            throw CommonError.UNAVAILABLE.because(
                    "The store's folder " + folder.toAbsolutePath() + " cannot be locked: " + SqlFailures.reason(e)
                            + ". Use a folder on a local disk.",
                    e);
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock(LOCKED_BYTE, 1, false);
        } catch (OverlappingFileLockException _) {
            return null; // held by this very process
        }
    }

    private static String holder(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(32);
        channel.read(text, 0);
        String pid = new String(text.array(), 0, text.position(), StandardCharsets.UTF_8).strip();
        return pid.isEmpty() ? "another process" : "the process with pid " + pid;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException _) {
            // The system frees the lock with the process at the latest.
        }
    }
}
