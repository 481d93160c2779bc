package dev.pilothouse.platform.segments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** A file system of a few kilobytes; where mounting is not allowed the test is skipped, saying so. */
record SmallDisk(Path folder) implements AutoCloseable {
    static SmallDisk mount(Path folder, int bytes) throws IOException {
        Files.createDirectories(folder);
        int code = run("mount", "-t", "tmpfs", "-o", "size=" + bytes, "tmpfs", folder.toString());
        Assumptions.assumeTrue(code == 0, "a full disk cannot be tried: mounting a tmpfs is not allowed here");
        return new SmallDisk(folder);
    }

    void grow(int bytes) {
        run("mount", "-o", "remount,size=" + bytes, folder.toString());
    }

    @Override
    public void close() {
        run("umount", folder.toString());
    }

    private static int run(String... command) {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .start()
                    .onExit()
                    .join()
                    .exitValue();
        } catch (IOException absent) {
            return -1;
        }
    }
}
