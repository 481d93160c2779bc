package dev.pilothouse.platform.blobs;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.segments.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes one blob. Up to {@link #SMALL} bytes stay in memory; beyond that, chunks go to temporary files as they fill, and
 * commit only renames them. Not thread-safe.
 */
final class FileBlobWriter extends Blobs.Writer {
    /** Blobs up to this length are one file. */
    static final int SMALL = ContentCutter.LONGEST;

    private final BlobFolder folder;
    private final MessageDigest whole = Digest.sha256();
    private byte[] buffer = new byte[64 << 10];
    private int start;
    private int end;
    private long size;
    private final List<Manifest.Chunk> chunks = new ArrayList<>();
    /** Chunks this writer wrote, by digest; the others were there already. */
    private final Map<Digest, Path> written = new HashMap<>();

    private @Nullable Path temporary;
    private boolean done;

    FileBlobWriter(BlobFolder folder) {
        this.folder = folder;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        requireOpen();
        int left = length;
        while (left > 0) {
            // One byte more than the longest chunk tells a small blob from a big one.
            if (end - start > SMALL) {
                guarded(this::storeChunk);
            }
            makeRoom(left);
            int part = Math.min(left, buffer.length - end);
            System.arraycopy(bytes, offset + length - left, buffer, end, part);
            end += part;
            left -= part;
        }
        whole.update(bytes, offset, length);
        size += length;
    }

    private void makeRoom(int wanted) {
        if (buffer.length - end >= wanted) {
            return;
        }
        if (start > 0) {
            System.arraycopy(buffer, start, buffer, 0, end - start);
            end -= start;
            start = 0;
        }
        if (buffer.length - end < wanted && buffer.length < 2 * SMALL) {
            buffer = Arrays.copyOf(buffer, (int)
                    Math.min(2L * SMALL, Math.max(2L * buffer.length, end + (long) wanted)));
        }
    }

    private void storeChunk() throws IOException {
        int length = ContentCutter.cut(buffer, start, end - start);
        Digest digest = digestOf(start, length);
        chunks.add(new Manifest.Chunk(digest, length));
        if (!written.containsKey(digest) && !isStored(digest, length)) {
            written.put(digest, writeTemporary(digest.hex(), ByteBuffer.wrap(buffer, start, length)));
        }
        start += length;
    }

    private Digest digestOf(int from, int length) {
        MessageDigest digest = Digest.sha256();
        digest.update(buffer, from, length);
        return Digest.of(digest);
    }

    /** Whether the bytes are stored and sound; storing them again mends a damaged file. */
    private boolean isStored(Digest digest, long length) throws IOException {
        Path file = folder.bytesFile(digest);
        if (folder.length(file) != length || !folder.refresh(file)) {
            return false;
        }
        byte[] stored = folder.read(file);
        return stored != null && Digest.of(stored).equals(digest);
    }

    private Path writeTemporary(String name, ByteBuffer bytes) throws IOException {
        Path in = temporary;
        if (in == null) {
            in = folder.newTemporaryFolder();
            temporary = in;
        }
        Path file = in.resolve(name);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        return file;
    }

    @Override
    public Blobs.Stored commit() throws IOException {
        requireOpen();
        Digest digest = Digest.of(whole);
        guarded(() -> {
            if (size <= SMALL) {
                commitSmall(digest);
            } else {
                commitBig(digest);
            }
        });
        close();
        return new Blobs.Stored(digest, size);
    }

    private void commitSmall(Digest digest) throws IOException {
        if (!isStored(digest, size)) {
            Path file = folder.bytesFile(digest);
            folder.publish(writeTemporary(digest.hex(), ByteBuffer.wrap(buffer, start, end - start)), file);
            Disk.syncFolder(BlobFolder.shard(file));
        }
    }

    private void commitBig(Digest digest) throws IOException {
        while (end > start) {
            storeChunk();
        }
        Set<Path> shards = new HashSet<>();
        for (Manifest.Chunk chunk : chunks) {
            Path file = folder.bytesFile(chunk.digest());
            Path mine = written.remove(chunk.digest());
            if (mine != null) {
                folder.publish(mine, file);
                shards.add(BlobFolder.shard(file));
            } else if (!folder.refresh(file)) {
                throw BlobError.BLOB_CHANGED.because("A part of the blob that was already stored was deleted while the"
                        + " rest was sent, because the upload took longer than the grace period. Send it again.");
            }
        }
        for (Path shard : shards) {
            Disk.syncFolder(shard);
        }
        Path manifest = folder.manifestFile(digest);
        byte[] list = new Manifest(chunks).bytes();
        folder.publish(writeTemporary(digest.hex() + BlobFolder.MANIFEST, ByteBuffer.wrap(list)), manifest);
        Disk.syncFolder(BlobFolder.shard(manifest));
    }

    private interface Work {
        void run() throws IOException;
    }

    private void guarded(Work work) throws IOException {
        try {
            work.run();
        } catch (IOException e) {
            close();
            throw Disk.refusal(e, folder.path(), "The blob");
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void requireOpen() throws IOException {
        if (done) {
            throw new IOException("The blob is already committed or discarded");
        }
    }

    @Override
    public void close() throws IOException {
        done = true;
        buffer = new byte[0];
        if (temporary != null) {
            BlobFolder.deleteTree(temporary);
            temporary = null;
        }
    }
}
