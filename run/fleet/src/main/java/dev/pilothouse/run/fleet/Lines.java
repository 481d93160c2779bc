package dev.pilothouse.run.fleet;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Output of one process name: the last lines in memory, all of it in a file that is rotated. A line longer than the limit
 * is cut. Thread-safe.
 */
final class Lines implements AutoCloseable {
    static final int KEPT = 1_000;
    static final int LONGEST = 8_192;
    private static final Logger LOG = LoggerFactory.getLogger(Lines.class);

    private final ArrayDeque<String> last = new ArrayDeque<>();
    /** Lines added since this process began. */
    private long total;

    private final Path file;
    private final long rotateAt;
    private OutputStream out = OutputStream.nullOutputStream();
    private long written;
    private boolean open;

    Lines(Path file, long rotateAt) {
        this.file = file;
        this.rotateAt = rotateAt;
    }

    /** Reads a process's output to its end. */
    void pump(InputStream in) {
        byte[] chunk = new byte[8_192];
        byte[] line = new byte[LONGEST];
        int length = 0;
        try (in) {
            int count = in.read(chunk);
            while (count >= 0) {
                for (int i = 0; i < count; i++) {
                    if (chunk[i] == '\n') {
                        add(new String(line, 0, length, StandardCharsets.UTF_8).stripTrailing());
                        length = 0;
                    } else if (length < LONGEST) {
                        line[length++] = chunk[i];
                    }
                }
                count = in.read(chunk);
            }
        } catch (IOException e) {
            // The process has ended and its pipe is closed.
        }
        if (length > 0) {
            add(new String(line, 0, length, StandardCharsets.UTF_8).stripTrailing());
        }
    }

    synchronized void add(String line) {
        last.addLast(line);
        total++;
        if (last.size() > KEPT) {
            last.removeFirst();
        }
        try {
            byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
            openOrRotate();
            out.write(bytes);
            written += bytes.length;
        } catch (IOException e) {
            // A full disk must not stop the process; memory still has the lines.
            LOG.warn("Cannot write {}", file, e);
        }
    }

    private void openOrRotate() throws IOException {
        if (open && written < rotateAt) {
            return;
        }
        out.close();
        open = false;
        Files.createDirectories(file.toAbsolutePath().getParent());
        if (Files.exists(file) && Files.size(file) >= rotateAt) {
            Files.move(file, file.resolveSibling(file.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        }
        out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        written = Files.size(file);
        open = true;
    }

    /** The last lines, oldest first. */
    synchronized List<String> last(int count) {
        return last.stream().skip(Math.max(0, last.size() - Math.max(0, count))).toList();
    }

    /** What came after the first {@code seen} lines, or all that is kept where it counted another process's lines. */
    synchronized Fleet.Tail after(long seen) {
        long fresh = seen > total ? total : total - seen;
        return new Fleet.Tail(last((int) Math.min(KEPT, fresh)), total);
    }

    /** The last lines, with the count to go on from. */
    synchronized Fleet.Tail tail(int count) {
        return new Fleet.Tail(last(count), total);
    }

    @Override
    public synchronized void close() {
        try {
            out.close();
        } catch (IOException e) {
            LOG.warn("Cannot close {}", file, e);
        }
        out = OutputStream.nullOutputStream();
        open = false;
    }
}
