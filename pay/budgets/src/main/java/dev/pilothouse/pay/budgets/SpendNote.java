package dev.pilothouse.pay.budgets;

import dev.pilothouse.platform.segments.Disk;
import dev.pilothouse.platform.segments.Position;
import dev.pilothouse.platform.segments.SegmentError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * What a log of spend knows of itself, in a file beside its segments.
 *
 * @param log the log's id, by which rows made of it are told apart from those of other logs
 * @param start from where on it matters; segments before are gone, or go
 * @param moved up to where its calls were taken over by who keeps them for longer
 * @param moving up to where they are being taken over, so that some of them may have been; else as {@code moved}
 */
record SpendNote(String log, Start start, Position moved, Position moving) {
    private static final String FORMAT = "1";
    private static final int FIELDS = 9;

    /**
     * A segment's beginning.
     *
     * @param segment its number
     * @param server whose run it begins in; empty for none
     * @param mark the last mark of that run before it; 0 for none
     */
    record Start(long segment, String server, long mark) {
        Position position() {
            return new Position(segment, 0);
        }
    }

    static SpendNote read(Path folder) {
        Path file = file(folder);
        try {
            if (!Files.exists(file)) {
                Files.createDirectories(folder);
                var first = new SpendNote(
                        UUID.randomUUID().toString(), new Start(0, "", 0), Position.START, Position.START);
                first.write(folder);
                return first;
            }
            String[] parts = Files.readString(file).strip().split(" ", FIELDS);
            if (parts.length >= FIELDS - 1 && parts[0].equals(FORMAT)) {
                return new SpendNote(
                        parts[1],
                        new Start(number(parts, 2), parts.length == FIELDS ? parts[8] : "", number(parts, 3)),
                        new Position(number(parts, 4), number(parts, 5)),
                        new Position(number(parts, 6), number(parts, 7)));
            }
        } catch (IOException e) {
            throw Disk.refusal(e, folder, "The note of the log of spend");
        } catch (IllegalArgumentException e) {
            throw unreadable(file, e);
        }
        throw unreadable(file, null);
    }

    private static RuntimeException unreadable(Path file, @org.jspecify.annotations.Nullable Exception cause) {
        return SegmentError.CORRUPT.because(
                "The file " + file + " cannot be read. Restore its whole folder from a backup.", cause);
    }

    private static long number(String[] parts, int place) {
        return Long.parseLong(parts[place]);
    }

    private static Path file(Path folder) {
        return folder.resolve("spend.note");
    }

    /** Puts it in place of the one before, whole, also over power loss. */
    void write(Path folder) {
        String text = String.join(
                " ",
                FORMAT,
                log,
                Long.toString(start.segment),
                Long.toString(start.mark),
                Long.toString(moved.segment()),
                Long.toString(moved.offset()),
                Long.toString(moving.segment()),
                Long.toString(moving.offset()),
                start.server);
        try {
            Disk.replace(file(folder), (text + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw Disk.refusal(e, folder, "The note of the log of spend");
        }
    }
}
