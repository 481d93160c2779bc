package dev.pilothouse.platform.archive;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One file of an archive.
 *
 * @param name 1 to 100 ASCII characters, a relative path
 * @param length bytes that {@code content} holds
 * @param content read once, in order
 */
public record Part(String name, long length, InputStream content) {
    private static final int LONGEST_NAME = 100;

    public Part {
        if (name.isEmpty() || name.length() > LONGEST_NAME || !name.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new IllegalArgumentException("A part's name has 1 to 100 ASCII characters: " + name);
        }
    }

    /** A part held in memory. */
    public static Part of(String name, byte[] content) {
        return new Part(name, content.length, new ByteArrayInputStream(content));
    }

    /** A part that is a file on disk, of its present length. */
    public static Part of(String name, Path file) throws IOException {
        return new Part(name, Files.size(file), Files.newInputStream(file));
    }

    /**
     * All bytes.
     *
     * @param limit most bytes to take
     * @throws dev.pilothouse.kernel.PilothouseException {@link ArchiveError#ARCHIVE_DAMAGED} where there are more
     */
    public byte[] bytes(int limit) throws IOException {
        if (length > limit) {
            throw ArchiveError.ARCHIVE_DAMAGED.because("The part '" + name + "' has " + length + " bytes, but at most "
                    + limit + " are expected there. Use another copy.");
        }
        return content.readAllBytes();
    }
}
