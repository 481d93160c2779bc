package dev.pilothouse.platform.blobs;

import dev.pilothouse.kernel.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** A range of a blob, read chunk by chunk; each chunk is read whole and its digest checked. Not thread-safe. */
final class ChunkStream extends InputStream {
    private final BlobFolder folder;
    private final Digest blob;
    private final List<Manifest.Chunk> chunks;
    private int next;
    private byte[] current = new byte[0];
    private int position;
    /** Bytes to pass over before the range begins. */
    private long skip;

    private long left;

    ChunkStream(BlobFolder folder, Digest blob, Manifest manifest, long offset, long length) {
        this.folder = folder;
        this.blob = blob;
        this.chunks = manifest.chunks();
        this.skip = offset;
        this.left = Math.min(length, Math.max(0, manifest.size() - offset));
    }

    @Override
    public int read() throws IOException {
        return advance() ? take() : -1;
    }

    private int take() {
        left--;
        return current[position++] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!advance()) {
            return -1;
        }
        int part = (int) Math.min(left, Math.min(length, current.length - position));
        System.arraycopy(current, position, into, offset, part);
        position += part;
        left -= part;
        return part;
    }

    @Override
    public int available() {
        return (int) Math.min(left, current.length - position);
    }

    /** Stands on a byte of the range; false at its end. */
    private boolean advance() throws IOException {
        while (left > 0 && position == current.length) {
            Manifest.Chunk chunk = chunks.get(next++);
            if (skip >= chunk.length()) {
                skip -= chunk.length();
                continue;
            }
            current = checked(chunk);
            position = (int) skip;
            skip = 0;
        }
        return left > 0;
    }

    private byte[] checked(Manifest.Chunk chunk) throws IOException {
        byte[] bytes = folder.read(folder.bytesFile(chunk.digest()));
        if (bytes == null || bytes.length != chunk.length() || !Digest.of(bytes).equals(chunk.digest())) {
            throw BlobError.BLOB_CORRUPT.because("The blob " + blob + " is damaged on disk: part " + next + " of "
                    + chunks.size() + (bytes == null ? " is gone" : " does not match its digest")
                    + ". Restore it from a backup, or store the same bytes again.");
        }
        return bytes;
    }
}
