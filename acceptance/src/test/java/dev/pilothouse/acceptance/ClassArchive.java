package dev.pilothouse.acceptance;

import dev.pilothouse.kernel.Digest;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Loaded classes as the virtual machine keeps them (JEP 350), for the programs that tests start by hundreds: a start takes half
 * the processor time. Made once for a class path, by the first test that starts a program, while others wait; a virtual
 * machine that can write or use none goes on without, more slowly.
 */
enum ClassArchive {
    /** What a server loads until it is ready. */
    SERVER,
    /** What a command of {@code pilot} loads to show what a server answers. */
    PILOT;

    private static final Path FOLDER = Path.of("target", "class-archives").toAbsolutePath();

    private static final class Made {
        static final Path WHERE = make();
    }

    /** What Java is to be told so that it takes the classes from here; also where they are not there. */
    List<String> flags() {
        return List.of(
                "-Xshare:auto",
                "-XX:SharedArchiveFile=" + Made.WHERE.resolve(file()),
                "-Xlog:cds=off",
                "-Xlog:aot=off");
    }

    private List<String> recording(Path folder) {
        return List.of("-XX:ArchiveClassesAtExit=" + folder.resolve(file()), "-Xlog:cds=off", "-Xlog:cds+dynamic=off");
    }

    private String file() {
        return name().toLowerCase(Locale.ROOT) + ".jsa";
    }

    private static Path make() {
        try {
            Files.createDirectories(FOLDER);
            Path made = FOLDER.resolve(Digest.of(classes()).hex());
            try (var lock = FileChannel.open(
                            FOLDER.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var _ = lock.lock()) {
                if (!Files.exists(made)) {
                    Path fresh = Files.createTempDirectory(FOLDER, "new");
                    record(fresh);
                    Files.move(fresh, made, StandardCopyOption.ATOMIC_MOVE);
                }
            }
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void record(Path folder) throws IOException {
        try (var server = PackagedServer.recording(SERVER.recording(folder))) {
            Process pilot = server.pilot(PILOT.recording(folder), Map.of(), "keys", "list");
            if (!pilot.waitFor(2, TimeUnit.MINUTES) || pilot.exitValue() != 0) {
                pilot.destroyForcibly();
                throw new AssertionError("A command of pilot does not work: " + pilot);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The class path with what tells that a library is another one than before. */
    private static String classes() throws IOException {
        var text = new StringBuilder(System.getProperty("java.vm.version"));
        for (String entry : PackagedServer.classPath().split(File.pathSeparator, -1)) {
            Path path = Path.of(entry);
            text.append('\n').append(entry);
            if (Files.isRegularFile(path)) {
                text.append(' ').append(Files.size(path)).append(' ').append(Files.getLastModifiedTime(path));
            }
        }
        return text.toString();
    }
}
