package dev.pilothouse.platform.segments;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * A log as it is at one moment, for a copy of it. Made before copies of all that is kept in step with the log; its {@link #files} are
 * asked for after them, so that they have all that is told of there. They stay as they are until it is closed. For one thread.
 */
public interface LogCopy extends AutoCloseable {
    /**
     * A file of it.
     *
     * @param name in the log's folder
     * @param length bytes that belong to the copy; the file may have more
     */
    record File(String name, long length, Content content) {}

    /** What a file holds. */
    @FunctionalInterface
    interface Content {
        /** Opens it from its beginning; the caller closes it. */
        InputStream open() throws IOException;
    }

    /** The files, which open in an empty folder as the log was at this call. */
    List<File> files();

    /** Lets the files go. */
    @Override
    void close();
}
