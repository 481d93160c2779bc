package dev.pilothouse.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A real PostgreSQL for tests, on a free loopback port with its data in a temporary folder that goes with it. PostgreSQL
 * refuses to run as root, so root starts it as the user {@code postgres} or {@code nobody}.
 */
public final class TestPostgres implements AutoCloseable {
    private static final Path INSTALLED = Path.of("/usr/lib/postgresql");

    private final Path bin;
    private final Path folder;
    private final List<String> as;
    private final int port;
    private final AtomicInteger databases = new AtomicInteger();

    private TestPostgres(Path bin, Path folder, List<String> as, int port) {
        this.bin = bin;
        this.folder = folder;
        this.as = as;
        this.port = port;
    }

    /** Starts one, or aborts the test with a sentence where none is installed. */
    public static TestPostgres start() {
        Path bin = newest();
        Assumptions.assumeTrue(
                bin != null, "Skipped: no PostgreSQL under " + INSTALLED + ". Install Debian's package postgresql.");
        List<String> as = otherUser();
        Assumptions.assumeTrue(
                as != null, "Skipped: PostgreSQL does not run as root, and there is no user postgres or nobody.");
        if (bin == null || as == null) {
            throw new IllegalStateException("unreachable: assumptions abort");
        }
        try {
            Path folder = Files.createTempDirectory(
                    "pg", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxrwxrwx")));
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
            int port;
            try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = socket.getLocalPort();
            }
            var server = new TestPostgres(bin, folder, as, port);
            server.run(
                    "initdb",
                    "-D",
                    server.data(),
                    "-U",
                    "pilot",
                    "-A",
                    "trust",
                    "--no-sync",
                    "-E",
                    "UTF8",
                    "--locale=C");
            server.startAgain();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it again after {@link #stop}, on the same port and with the same databases. */
    public void startAgain() {
        // What is committed is handed to the operating system, so that it survives the end of the process.
        run(
                "pg_ctl",
                "-D",
                data(),
                "-w",
                "-t",
                "30",
                "-l",
                folder + "/log",
                "-o",
                "-p " + port + " -h 127.0.0.1 -k " + folder
                        + " -c fsync=off -c full_page_writes=off -c max_connections=120",
                "start");
    }

    /** Ends it as a crash would, with its connections and the transactions under way. */
    public void stop() {
        run("pg_ctl", "-D", data(), "-m", "immediate", "-w", "stop");
    }

    /** Makes a new empty database. */
    public String newDatabase() {
        String name = "test" + databases.incrementAndGet();
        run(
                "psql",
                "-q",
                "-h",
                folder.toString(),
                "-p",
                Integer.toString(port),
                "-U",
                "pilot",
                "-d",
                "postgres",
                "-c",
                "CREATE DATABASE " + name);
        return "postgresql://pilot:unused@127.0.0.1:" + port + "/" + name;
    }

    @Override
    public void close() {
        stop();
        run("rm", "-rf", data());
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String data() {
        return folder + "/data";
    }

    private void run(String program, String... arguments) {
        var command = new ArrayList<>(as);
        Path ours = bin.resolve(program);
        command.add(Files.exists(ours) ? ours.toString() : program);
        command.addAll(List.of(arguments));
        try {
            Path output = Files.createTempFile("pg", ".out");
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IllegalStateException(command + " failed: " + Files.readString(output));
            }
            Files.delete(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static @org.jspecify.annotations.Nullable Path newest() {
        if (!Files.isDirectory(INSTALLED)) {
            return null;
        }
        try (Stream<Path> versions = Files.list(INSTALLED)) {
            return versions.map(v -> v.resolve("bin"))
                    .filter(b -> Files.isExecutable(b.resolve("initdb")))
                    .max(Comparator.comparing(Path::toString))
                    .orElse(null);
        } catch (IOException _) {
            return null;
        }
    }

    /** Words that run a command as a user PostgreSQL accepts; empty for ourselves, null where there is none. */
    private static @org.jspecify.annotations.Nullable List<String> otherUser() {
        if (!"root".equals(System.getProperty("user.name"))) {
            return List.of();
        }
        try {
            List<String> users = Files.readAllLines(Path.of("/etc/passwd"));
            for (String name : List.of("postgres", "nobody")) {
                if (users.stream().anyMatch(line -> line.startsWith(name + ":"))) {
                    return List.of("runuser", "-u", name, "--");
                }
            }
        } catch (IOException _) {
            // No such file, no such users.
        }
        return null;
    }
}
