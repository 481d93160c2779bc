package dev.pilothouse.platform.archive;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads an archive from its beginning to its end and checks it on the way. A part's bytes are proven only by the index that
 * follows: whoever must not use a damaged part reads the archive once before. Not thread-safe.
 */
public final class ArchiveReader implements AutoCloseable {
    private static final int LONGEST_INDEX = 1 << 20;

    private final InputStream in;
    private final Index index = new Index();
    private InputStream current = InputStream.nullInputStream();
    private String before = "";
    private boolean ended;

    /** Reads an archive; closing this closes the stream. */
    public ArchiveReader(InputStream in) {
        this.in = in;
    }

    /**
     * The next part; what was left unread of the one before is passed over. Empty after the end, which was then found to be
     * right.
     *
     * @throws PilothouseException {@link ArchiveError#ARCHIVE_DAMAGED}, naming the part
     */
    public Optional<Part> next() throws IOException {
        if (ended) {
            return Optional.empty();
        }
        current.skip(Long.MAX_VALUE);
        current = InputStream.nullInputStream();
        while (true) {
            TarHeader header = header();
            if (header.name().startsWith(Index.FOLDER)) {
                check(header);
            } else if (header.name().equals(Index.END)) {
                end(header);
                return Optional.empty();
            } else {
                before = header.name();
                var content = new Content(header);
                current = content;
                return Optional.of(part(header, content));
            }
        }
    }

    private static Part part(TarHeader header, InputStream content) {
        try {
            return new Part(header.name(), header.length(), content);
        } catch (IllegalArgumentException e) {
            throw damaged("A part's name is none: '" + header.name() + "'.");
        }
    }

    private TarHeader header() throws IOException {
        byte[] block = block();
        try {
            return TarHeader.parse(block);
        } catch (IllegalArgumentException _) {
            throw damaged("The beginning of the part after '" + before + "' is damaged.");
        }
    }

    private byte[] block() throws IOException {
        byte[] block = in.readNBytes(TarHeader.BLOCK);
        if (block.length < TarHeader.BLOCK) {
            throw cutOff();
        }
        return block;
    }

    private PilothouseException cutOff() {
        return before.isEmpty()
                ? damaged("It is empty or shorter than any archive.")
                : damaged("It is cut off in or after the part '" + before + "', so it is not whole.");
    }

    private static PilothouseException damaged(String sentence) {
        return ArchiveError.ARCHIVE_DAMAGED.because("The archive is damaged: " + sentence + " Use another copy.");
    }

    private byte[] small(TarHeader header) throws IOException {
        if (header.length() > LONGEST_INDEX) {
            throw damaged("The part '" + header.name() + "' is longer than it can be.");
        }
        byte[] bytes = in.readNBytes((int) header.length());
        if (bytes.length < header.length()) {
            throw cutOff();
        }
        pad(header);
        return bytes;
    }

    private void pad(TarHeader header) throws IOException {
        byte[] padding = in.readNBytes(TarHeader.padding(header.length()));
        if (padding.length < TarHeader.padding(header.length())) {
            throw cutOff();
        }
        if (!isZero(padding)) {
            throw damaged("The padding after the part '" + header.name() + "' is not empty.");
        }
    }

    private static boolean isZero(byte[] bytes) {
        for (byte b : bytes) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    private void check(TarHeader header) throws IOException {
        byte[] found = small(header);
        List<String> lines = index.lines();
        if (!header.name().equals(index.nextName()) || !Arrays.equals(found, index.take())) {
            throw damaged(difference(
                    lines, new String(found, StandardCharsets.US_ASCII).lines().toList(), header.name()));
        }
    }

    private static String difference(List<String> read, List<String> listed, String name) {
        for (int i = 0; i < Math.min(read.size(), listed.size()); i++) {
            if (!read.get(i).equals(listed.get(i))) {
                String[] words = read.get(i).split(" ", 3);
                return "The part '" + words[2] + "' is not what was written: its SHA-256 is " + words[0] + ".";
            }
        }
        return "The list '" + name + "' names " + listed.size() + " parts, but " + read.size() + " came before it.";
    }

    private void end(TarHeader header) throws IOException {
        if (index.size() > 0 || !Arrays.equals(small(header), index.end())) {
            throw damaged("Its end does not count the parts that came before it.");
        }
        byte[] trailer = in.readNBytes(2 * TarHeader.BLOCK);
        if (trailer.length < 2 * TarHeader.BLOCK) {
            throw cutOff();
        }
        if (!isZero(trailer) || in.read() >= 0) {
            throw damaged("Something follows its end.");
        }
        ended = true;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /** The content of one part, digested as it is read or passed over. */
    private final class Content extends InputStream {
        private final TarHeader header;
        private final MessageDigest digest = Digest.sha256();
        private long left;
        private boolean noted;

        Content(TarHeader header) throws IOException {
            this.header = header;
            this.left = header.length();
            noteAtEnd();
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (left == 0) {
                return -1;
            }
            int n = in.read(into, offset, (int) Math.min(left, length));
            if (n < 0) {
                throw cutOff();
            }
            digest.update(into, offset, n);
            left -= n;
            noteAtEnd();
            return n;
        }

        private void noteAtEnd() throws IOException {
            if (left == 0 && !noted) {
                noted = true;
                pad(header);
                index.note(header.name(), header.length(), Digest.of(digest));
            }
        }

        @Override
        public long skip(long atMost) throws IOException {
            byte[] buffer = new byte[64 << 10];
            long skipped = 0;
            for (int n;
                    skipped < atMost && (n = read(buffer, 0, (int) Math.min(buffer.length, atMost - skipped))) > 0; ) {
                skipped += n;
            }
            return skipped;
        }

        @Override
        public void skipNBytes(long count) throws IOException {
            if (skip(count) < count) {
                throw new EOFException("The part '" + header.name() + "' ended");
            }
        }
    }
}
